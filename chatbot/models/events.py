"""What went over the sockets of a call."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.conversations import Call


class CallEvent(models.Model):
    """One event of a call, for some days: without its sound, and of a run of deltas how many."""

    class Source(models.TextChoices):
        BROWSER = "browser", _("From the browser")
        UPSTREAM = "upstream", _("From the upstream")
        CALL = "call", _("To the upstream")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    source = models.CharField(_("direction"), max_length=8, choices=Source)
    kind = models.CharField(_("event"), max_length=80)
    count = models.PositiveIntegerField(_("count"), default=1)
    size = models.PositiveIntegerField(_("size (characters)"), default=0)
    body = models.JSONField(_("content"), default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.kind
