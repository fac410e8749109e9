"""The rows: who talks, to which persona, in which conversation, and what was said."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.realtime.session import SessionSettings
from chatbot.realtime.turns import Turn as CallTurn

#: A call whose worker has not been heard of for this long is over, whatever its row says.
CALL_LEASE = timedelta(seconds=30)


class User(AbstractUser):
    """A person with an account; ours from the first migration, so that it can grow."""


#: What a persona may let a caller change; the names of `realtime/policy.py`.
USER_SETTINGS = ("voice", "turn_detection", "speed", "output_modality", "language")


def all_user_settings() -> list[str]:
    """All of `USER_SETTINGS`."""
    return list(USER_SETTINGS)


class Persona(models.Model):
    """What the assistant is in a call. The browser sees its name and slug, nothing else."""

    class Voice(models.TextChoices):
        """Voices of the Realtime API (openai-python 3.54.0)."""

        ALLOY = "alloy"
        ASH = "ash"
        BALLAD = "ballad"
        CEDAR = "cedar"
        CORAL = "coral"
        ECHO = "echo"
        MARIN = "marin"
        SAGE = "sage"
        SHIMMER = "shimmer"
        VERSE = "verse"

    class TranscriptionModel(models.TextChoices):
        """Recognisers of the Realtime API; the first three retire on 2027-02-26."""

        MINI = "gpt-4o-mini-transcribe", _("gpt-4o-mini-transcribe (retires 2027-02-26)")
        FULL = "gpt-4o-transcribe", _("gpt-4o-transcribe (retires 2027-02-26)")
        WHISPER = "whisper-1", _("whisper-1 (retires 2027-02-26)")
        TRANSCRIBE = "gpt-transcribe", _("gpt-transcribe")
        LIVE = "gpt-live-transcribe", _("gpt-live-transcribe")

    class TurnDetection(models.TextChoices):
        """Who decides that the user has finished."""

        SERVER_VAD = "server_vad", _("Silence (server_vad)")
        SEMANTIC_VAD = "semantic_vad", _("Meaning (semantic_vad)")
        NONE = "none", _("The user, by push-to-talk")

    class Eagerness(models.TextChoices):
        """How soon semantic_vad answers; `auto` is the same as `medium`."""

        AUTO = "auto", _("Auto")
        LOW = "low", _("Low: waits up to 8 s")
        MEDIUM = "medium", _("Medium: waits up to 4 s")
        HIGH = "high", _("High: waits up to 2 s")

    class Modality(models.TextChoices):
        AUDIO = "audio", _("Spoken")
        TEXT = "text", _("Written")

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    instructions = models.TextField(blank=True)
    model = models.CharField(max_length=80, default="gpt-realtime-2.1")
    voice = models.CharField(max_length=20, choices=Voice, default=Voice.ALLOY)
    transcription_model = models.CharField(
        max_length=40, choices=TranscriptionModel, default=TranscriptionModel.MINI
    )
    language = models.CharField(
        max_length=10,
        blank=True,
        help_text=_("What people speak, as ISO 639-1 (en, de, ...); empty: found out."),
    )
    speed = models.FloatField(
        default=1.0,
        validators=[MinValueValidator(0.25), MaxValueValidator(1.5)],
        help_text=_("How fast it speaks, 0.25 to 1.5."),
    )
    output_modality = models.CharField(
        max_length=10, choices=Modality, default=Modality.AUDIO, help_text=_("How it answers.")
    )
    turn_detection = models.CharField(
        max_length=20, choices=TurnDetection, default=TurnDetection.SERVER_VAD
    )
    eagerness = models.CharField(
        max_length=10,
        choices=Eagerness,
        default=Eagerness.AUTO,
        help_text=_("For turn detection by meaning."),
    )
    vad_threshold = models.FloatField(
        _("VAD threshold"),
        default=0.5,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("How sure the detector must be that it hears speech, 0 to 1."),
    )
    vad_prefix_padding_ms = models.PositiveIntegerField(
        _("VAD prefix padding (ms)"),
        default=300,
        validators=[MaxValueValidator(5000)],
        help_text=_("How much sound before the detected start belongs to the turn."),
    )
    vad_silence_duration_ms = models.PositiveIntegerField(
        _("VAD silence (ms)"),
        default=500,
        validators=[MinValueValidator(100), MaxValueValidator(10_000)],
        help_text=_("How long a silence ends the turn."),
    )
    user_settings = models.JSONField(
        default=all_user_settings,
        blank=True,
        help_text=_("What callers may change in their call: voice, turn_detection, speed, ..."),
    )
    tools = models.JSONField(
        default=list, blank=True, help_text=_("Names of the tools that it may use.")
    )
    mcp_servers = models.JSONField(
        _("MCP servers"),
        default=list,
        blank=True,
        help_text=_("Realtime `mcp` tools with their credentials, which stay on the server."),
    )
    api_clients_instruct = models.BooleanField(
        _("API clients instruct"),
        default=True,
        help_text=_("Callers with an API token may bring their own instructions and tools."),
    )
    is_default = models.BooleanField(
        default=False, help_text=_("Used when a new conversation names no persona.")
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_persona",
                violation_error_message=_("Another persona is the default already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def session_settings(self) -> SessionSettings:
        """What a call with this persona tells the upstream."""
        return SessionSettings(
            instructions=self.instructions,
            voice=self.voice,
            transcription_model=self.transcription_model,
            threshold=self.vad_threshold,
            prefix_padding_ms=self.vad_prefix_padding_ms,
            silence_duration_ms=self.vad_silence_duration_ms,
            turn_detection=self.turn_detection,
            eagerness=self.eagerness,
            speed=self.speed,
            output_modality=self.output_modality,
            language=self.language,
        )


class Conversation(models.Model):
    """The saved thread a user owns; outlives calls. Its id cannot be guessed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="conversations")
    persona = models.ForeignKey(Persona, on_delete=models.PROTECT, related_name="conversations")
    title = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["user", "-updated_at"], name="conversation_of_user"),
        ]

    def __str__(self) -> str:
        return self.title or str(_("New conversation"))


class Call(models.Model):
    """One live connection of a browser or API client to a conversation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="calls")

    class Kind(models.TextChoices):
        PAGE = "page", _("Page")
        API = "api", _("API client")

    kind = models.CharField(max_length=4, choices=Kind, default=Kind.PAGE)
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
        ordering = ["started_at"]
        indexes = [
            models.Index(
                fields=["conversation", "last_seen_at"],
                condition=models.Q(ended_at=None),
                name="call_live",
            )
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
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "item_id"], name="one_turn_for_each_item"
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "position"], name="turn_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.position}"

    @property
    def heard_seconds(self) -> float | None:
        """How much of a cut answer was heard; None when it was not cut."""
        return None if self.heard_ms is None else self.heard_ms / 1000

    def as_json(self) -> dict[str, Any]:
        """The turn as pages and sockets show it."""
        return {
            "item_id": self.item_id,
            "position": self.position,
            "role": self.role,
            "modality": self.modality,
            "status": self.status,
            "text": self.text,
            "heard_text": self.heard_text,
            "heard_ms": self.heard_ms,
            "error": self.error,
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


class Usage(models.Model):
    """Tokens and audio seconds of one response or one transcription, by modality.

    Cached tokens are part of the input tokens, as the Realtime API counts them.
    """

    class Kind(models.TextChoices):
        RESPONSE = "response", _("Response")
        TRANSCRIPTION = "transcription", _("Transcription")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="usage")
    kind = models.CharField(max_length=13, choices=Kind)
    source_id = models.CharField(max_length=128, help_text=_("The response or the item."))
    model = models.CharField(max_length=80)
    text_input_tokens = models.PositiveIntegerField(default=0)
    audio_input_tokens = models.PositiveIntegerField(default=0)
    cached_text_tokens = models.PositiveIntegerField(default=0)
    cached_audio_tokens = models.PositiveIntegerField(default=0)
    image_input_tokens = models.PositiveIntegerField(default=0)
    cached_image_tokens = models.PositiveIntegerField(default=0)
    text_output_tokens = models.PositiveIntegerField(default=0)
    audio_output_tokens = models.PositiveIntegerField(default=0)
    audio_seconds = models.FloatField(default=0.0)
    cost_usd = models.DecimalField(
        _("cost (USD)"),
        max_digits=14,
        decimal_places=8,
        null=True,
        blank=True,
        help_text=_("Empty: the price of the model is not known."),
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = _("usage")
        constraints = [
            models.UniqueConstraint(fields=["call", "kind", "source_id"], name="usage_counted_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="usage_in_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id}"


class ApiToken(models.Model):
    """A bearer token of a user's, for `/v1/realtime`. The token itself is shown once, not kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, help_text=_("SHA-256 of the token."))
    hint = models.CharField(max_length=12, help_text=_("Its first characters."))
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}...)"


class Fact(models.Model):
    """Something the assistant was asked to remember of a user; theirs to see and delete."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="facts")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.SET_NULL, null=True, blank=True, related_name="facts"
    )
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "text"], name="one_fact_remembered_once")
        ]

    def __str__(self) -> str:
        return self.text
