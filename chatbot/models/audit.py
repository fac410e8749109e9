"""Who looked at what."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One thing that somebody did with another's words, or was refused. The database itself takes
    no change of a row, and lets only `prune` delete any; so it names people without a key."""

    class Action(models.TextChoices):
        READ = "read", _("Read a transcript")
        SEARCH = "search", _("Searched what was said")
        LISTEN = "listen", _("Listened to a recording")
        WATCH = "watch", _("Watched a call")
        END_CALL = "end_call", _("Ended a call")
        EXPORT = "export", _("Exported")
        ERASE = "erase", _("Erased")
        HOLD = "hold", _("Held")
        RELEASE = "release", _("Released a hold")
        REVIEW = "review", _("Changed a review")
        REFUSED = "refused", _("Was refused")
        PRUNE = "prune", _("Pruned")

    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    action = models.CharField(_("action"), max_length=8, choices=Action)
    target_kind = models.CharField(_("what"), max_length=20)
    target_id = models.CharField(_("id"), max_length=64, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    address = models.GenericIPAddressField(_("from"), null=True, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit")
        ordering = ["-at", "-pk"]
        default_permissions = ("view",)
        permissions = [("export_audit", _("Can export the audit"))]
        indexes = [
            models.Index(fields=["target_id", "at"], name="audit_of_target"),
            models.Index(fields=["actor_id", "at"], name="audit_of_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.action}"


class AuditPruning(models.Model):
    """While there is a row, audit entries may be deleted; `prune` alone makes one, and takes it
    away in the same transaction."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"pruning {self.pk}"
