"""Whom people talk to."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot.realtime.choices import VOICES
from chatbot.realtime.session import SessionSettings

#: What a persona may let a caller change; the names of `realtime/policy.py`.
USER_SETTINGS = ("voice", "turn_detection", "speed", "output_modality", "language")

#: What the persona of a new installation is called in its row.
FIRST_NAME = "Assistant"


def all_user_settings() -> list[str]:
    """All of `USER_SETTINGS`."""
    return list(USER_SETTINGS)


class Persona(models.Model):
    """What the assistant is in a call. The browser sees its name and slug, nothing else."""

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

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(
        _("description"),
        max_length=200,
        blank=True,
        help_text=_("What people read who choose it."),
    )
    instructions = models.TextField(_("instructions"), blank=True)
    model = models.CharField(_("model"), max_length=80, default="gpt-realtime-2.1")
    voice = models.CharField(
        _("voice"),
        max_length=20,
        choices=[(name, name.title()) for name in VOICES],
        default="alloy",
    )
    transcription_model = models.CharField(
        _("transcription model"),
        max_length=40,
        choices=TranscriptionModel,
        default=TranscriptionModel.MINI,
    )
    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        help_text=_("What people speak, as ISO 639-1 (en, de, ...); empty: found out."),
    )
    speed = models.FloatField(
        _("speed"),
        default=1.0,
        validators=[MinValueValidator(0.25), MaxValueValidator(1.5)],
        help_text=_("How fast it speaks, 0.25 to 1.5."),
    )
    output_modality = models.CharField(
        _("output modality"),
        max_length=10,
        choices=Modality,
        default=Modality.AUDIO,
        help_text=_("How it answers."),
    )
    turn_detection = models.CharField(
        _("turn detection"), max_length=20, choices=TurnDetection, default=TurnDetection.SERVER_VAD
    )
    eagerness = models.CharField(
        _("eagerness"),
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
    is_listed = models.BooleanField(
        _("listed"),
        default=True,
        help_text=_("New conversations may be begun with it; those that there are go on."),
    )
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Used when a new conversation names no persona.")
    )

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
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

    @property
    def shown_name(self) -> str:
        """Its name as people read it: the one that every installation begins with is in their
        language, any other as staff wrote it."""
        return gettext("Assistant") if self.name == FIRST_NAME else self.name

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


class PersonaVersion(models.Model):
    """A persona as it was when calls were held with it: `columns` are those of `Persona` that a
    call depends on, by name, without secrets."""

    persona = models.ForeignKey(
        Persona, on_delete=models.CASCADE, verbose_name=_("persona"), related_name="versions"
    )
    number = models.PositiveIntegerField(_("number"), help_text=_("From 1."))
    columns = models.JSONField(_("settings"), default=dict)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("version of a persona")
        verbose_name_plural = _("versions of personas")
        ordering = ["persona", "-number"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["persona", "number"], name="one_version_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.persona} {self.number}"
