"""What was said: conversations, the calls in them, their turns."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, cast

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot.models.people import ApiToken, User
from chatbot.models.personas import Persona, PersonaVersion
from chatbot.realtime.turns import Turn as CallTurn

#: A call whose worker has not been heard of for this long is over, whatever its row says.
CALL_LEASE = timedelta(seconds=30)


class Conversation(models.Model):
    """The saved thread a user owns; outlives calls. Its id cannot be guessed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, verbose_name=_("user"), related_name="conversations"
    )
    persona = models.ForeignKey(
        Persona,
        on_delete=models.PROTECT,
        verbose_name=_("persona"),
        related_name="conversations",
    )
    title = models.CharField(_("title"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("started"), default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When its user deleted it; nobody but staff sees it.")
    )
    turn_count = models.PositiveIntegerField(_("turns"), default=0)
    has_failures = models.BooleanField(_("has failures"), default=False)
    is_held = models.BooleanField(
        _("held"), default=False, help_text=_("Kept, whatever the time limits say.")
    )

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-updated_at"]
        default_permissions = ("view",)
        permissions = [
            ("read_transcript", _("Can read what was said")),
            ("listen_recording", _("Can listen to recordings")),
            ("export_conversation", _("Can export conversations")),
            ("end_call", _("Can end calls")),
            ("see_cost", _("Can see what it cost")),
            ("review_conversation", _("Can review conversations")),
            ("hold_conversation", _("Can hold conversations")),
            ("erase_conversation", _("Can erase conversations")),
        ]
        indexes = [
            models.Index(fields=["user", "-updated_at"], name="conversation_of_user"),
            models.Index(fields=["persona", "-created_at"], name="conversation_of_persona"),
            models.Index(
                fields=["-created_at"],
                condition=models.Q(turn_count__gt=0),
                name="conversation_spoken",
            ),
            models.Index(
                fields=["-created_at"],
                condition=models.Q(has_failures=True),
                name="conversation_failed",
            ),
        ]

    def __str__(self) -> str:
        """Without the title, which is made of what was said: the admin shows this in places that
        ask for no right to read."""
        return gettext("Conversation %(id)s") % {"id": str(self.pk)[:8]}

    @property
    def shown_title(self) -> str:
        """What its user, and staff who may read it, know it by."""
        return self.title or gettext("New conversation")


class Call(models.Model):
    """One live connection of a browser or API client to a conversation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="calls")

    class Kind(models.TextChoices):
        PAGE = "page", _("Page")
        API = "api", _("API client")

    kind = models.CharField(max_length=4, choices=Kind, default=Kind.PAGE)
    token = models.ForeignKey(
        ApiToken, on_delete=models.SET_NULL, null=True, blank=True, related_name="calls"
    )
    persona_version = models.ForeignKey(
        PersonaVersion,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("version of the persona"),
    )
    upstream_sessions = models.PositiveIntegerField(
        default=0, help_text=_("How many sessions of the upstream it has had.")
    )
    worker = models.CharField(max_length=120, help_text=_("Host and process id of the worker."))
    started_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    close_code = models.PositiveIntegerField(null=True, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["started_at"]
        indexes = [
            models.Index(
                fields=["conversation", "last_seen_at"],
                condition=models.Q(ended_at=None),
                name="call_live",
            ),
            models.Index(fields=["started_at"], name="call_in_time"),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S}"


class Turn(models.Model):
    """One contribution to a conversation. `text` is what was generated, `heard_text` the part
    that the user heard of an answer that was cut (null when all of it was)."""

    class Role(models.TextChoices):
        USER = "user", _("User")
        ASSISTANT = "assistant", _("Assistant")
        TOOL = "tool", _("Tool")

    class Modality(models.TextChoices):
        AUDIO = "audio", _("Spoken")
        TEXT = "text", _("Typed")

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", _("In progress")
        COMPLETED = "completed", _("Completed")
        INTERRUPTED = "interrupted", _("Interrupted")
        INCOMPLETE = "incomplete", _("Incomplete")
        FAILED = "failed", _("Failed")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    call = models.ForeignKey(Call, on_delete=models.SET_NULL, null=True, related_name="turns")
    item_id = models.CharField(max_length=128)
    position = models.PositiveIntegerField(help_text=_("Place in the conversation, from 0."))
    role = models.CharField(max_length=10, choices=Role)
    modality = models.CharField(max_length=10, choices=Modality)
    status = models.CharField(max_length=12, choices=Status)
    text = models.TextField(blank=True)
    heard_text = models.TextField(null=True, blank=True)
    heard_ms = models.PositiveIntegerField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    first_audio_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("From the end of the question to the first sound.")
    )
    tool_name = models.CharField(max_length=80, blank=True)
    tool_arguments = models.TextField(blank=True)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "item_id"], name="one_turn_for_each_item"
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "position"], name="turn_in_order"),
            models.Index(
                fields=["started_at", "latency_ms"],
                condition=models.Q(latency_ms__isnull=False),
                name="turn_latency_in_time",
            ),
            models.Index(
                fields=["started_at", "status", "role", "error"],
                condition=models.Q(status__in=("failed", "interrupted")),
                name="turn_cut_in_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.position}"

    @property
    def heard_seconds(self) -> float | None:
        """How much of a cut answer was heard; None when it was not cut."""
        return None if self.heard_ms is None else self.heard_ms / 1000

    @property
    def latency_seconds(self) -> float | None:
        """From the end of the question to the first sound."""
        return None if self.latency_ms is None else self.latency_ms / 1000

    def as_json(self) -> dict[str, Any]:
        """The turn as pages and sockets show it; of one in progress, all that was said so far."""
        is_settled = self.status != self.Status.IN_PROGRESS
        return {
            "item_id": self.item_id,
            "position": self.position,
            "role": self.role,
            "modality": self.modality,
            "status": self.status,
            "text": self.text,
            "heard_text": self.heard_text if is_settled else None,
            "heard_ms": self.heard_ms if is_settled else None,
            "error": self.error and gettext(self.error),
            "tool_name": self.tool_name,
            "tool_arguments": self.tool_arguments,
            "started_at": self.started_at.isoformat(),
        }

    def in_call(self) -> CallTurn:
        """The turn as a call takes it up again."""
        return CallTurn(
            item_id=self.item_id,
            role=cast("Any", self.role),
            modality=cast("Any", self.modality),
            status=cast("Any", self.status),
            text=self.text,
            heard_text=self.heard_text,
            heard_ms=self.heard_ms,
            error=self.error,
            tool_name=self.tool_name,
            tool_arguments=self.tool_arguments,
            started_at=self.started_at.timestamp(),
        )
