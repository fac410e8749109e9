"""What was used, and what it cost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC

from django.utils import timezone

from chatbot.cost import cost_usd
from chatbot.models import (
    Call,
    Usage,
)
from chatbot.realtime.effects import SaveUsage
from chatbot.realtime.usage import used_by


def save_usage(call: Call, model: str, saved: SaveUsage) -> None:
    """Count what a response or a transcription used, and what it costs today; counting it twice
    changes nothing."""
    used = used_by(saved.kind, saved.usage)
    now = timezone.now()
    columns = asdict(used)
    del columns["is_split"]
    Usage.objects.get_or_create(
        call=call,
        kind=saved.kind,
        source_id=saved.source_id,
        defaults={
            **columns,
            "persona_id": call.conversation.persona_id,
            "model": model,
            "cost_usd": cost_usd(model, used, now.astimezone(UTC).date()),
            "created_at": now,
        },
    )
