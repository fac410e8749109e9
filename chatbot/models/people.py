"""Who talks: accounts, and what belongs to a person rather than to a conversation."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot.models.personas import Persona

#: The preferences that change a call's session.
CALL_PREFERENCES = ("voice", "speed", "language", "turn_detection", "eagerness")


class User(AbstractUser):
    """A person with an account. `interface_language` is one of `settings.LANGUAGES`, or "" where
    the browser says."""

    interface_language = models.CharField(_("interface language"), max_length=10, blank=True)


class Preferences(models.Model):
    """What a person has chosen for their calls; null leaves it to the persona.

    A `language` of "" has it found out, whatever the persona says.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preferences")
    persona = models.ForeignKey(
        Persona, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    voice = models.CharField(max_length=20, null=True, blank=True)
    speed = models.FloatField(null=True, blank=True)
    language = models.CharField(max_length=10, null=True, blank=True)
    turn_detection = models.CharField(max_length=20, null=True, blank=True)
    eagerness = models.CharField(max_length=10, null=True, blank=True)
    recording_agreed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when calls may be recorded; empty: they may not.")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.user)

    def of_calls(self) -> dict[str, Any]:
        """The choices by the names of `SessionSettings`."""
        return {name: getattr(self, name) for name in CALL_PREFERENCES}


class ApiToken(models.Model):
    """A bearer token of a user's, for `/v1/realtime`. The token itself is shown once, not kept."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, verbose_name=_("user"), related_name="api_tokens"
    )
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, help_text=_("SHA-256 of the token."))
    hint = models.CharField(_("hint"), max_length=12, help_text=_("Its first characters."))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}...)"


class Fact(models.Model):
    """Something the assistant was asked to remember of a user; theirs to see and delete."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, verbose_name=_("user"), related_name="facts"
    )
    conversation = models.ForeignKey(
        "chatbot.Conversation",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="facts",
    )
    text = models.CharField(_("text"), max_length=500)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        constraints = [
            models.UniqueConstraint(fields=["user", "text"], name="one_fact_remembered_once")
        ]

    def __str__(self) -> str:
        """Without its text, which is what somebody said."""
        return gettext("Fact %(id)s") % {"id": self.pk}
