"""What calls used."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.conversations import Call
from chatbot.models.personas import Persona


class Usage(models.Model):
    """Tokens and audio seconds of one response or one transcription, by modality.

    Cached tokens are part of the input tokens, as the Realtime API counts them. Of a conversation
    that was erased the row stays, without its call.
    """

    class Kind(models.TextChoices):
        RESPONSE = "response", _("Response")
        TRANSCRIPTION = "transcription", _("Transcription")

    call = models.ForeignKey(
        Call, on_delete=models.SET_NULL, null=True, blank=True, related_name="usage"
    )
    persona = models.ForeignKey(
        Persona,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="usage",
        verbose_name=_("persona"),
    )
    kind = models.CharField(_("kind"), max_length=13, choices=Kind)
    source_id = models.CharField(
        max_length=128, blank=True, help_text=_("The response or the item.")
    )
    model = models.CharField(_("model"), max_length=80)
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
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = _("usage")
        constraints = [
            models.UniqueConstraint(fields=["call", "kind", "source_id"], name="usage_counted_once")
        ]
        # Costs of many days are summed from the index alone.
        indexes = [models.Index(fields=["created_at", "persona", "cost_usd"], name="usage_in_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id}"
