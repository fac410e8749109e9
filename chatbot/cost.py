"""What was used costs this much: by the table of `prices`, in `Decimal`, never twice, never 0 for
what nobody knows."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils import timezone

from chatbot.prices import PRICES, Price, Tokens
from chatbot.realtime.usage import ENGINE, Used

#: A dated snapshot, as `gpt-realtime-2025-08-28`, costs what its model costs, unless the table
#: has a row of its own for it. Any other name must be in the table as it is.
SNAPSHOT = re.compile(r"(?P<model>.+)-\d{4}-\d{2}-\d{2}")

_MILLION = Decimal(1_000_000)
_SMALLEST = Decimal("0.00000001")


def cost_usd(model: str, used: Used, on: date) -> Decimal | None:
    """The cost in USD on that day, to eight places; None when it is not known."""
    if model == ENGINE:
        return Decimal(0)
    price = price_of(model, on)
    if price is None or not used.is_split:
        return None
    parts = [
        _input(price.text, used.text_input_tokens, used.cached_text_tokens),
        _input(price.audio, used.audio_input_tokens, used.cached_audio_tokens),
        _input(price.image, used.image_input_tokens, used.cached_image_tokens),
        _tokens(used.text_output_tokens, price.text.output),
        _tokens(used.audio_output_tokens, price.audio.output),
        _seconds(used.audio_seconds, price.minute),
    ]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return sum(known, Decimal(0)).quantize(_SMALLEST, ROUND_HALF_EVEN)


def price_of(model: str, on: date) -> Price | None:
    """The newest row valid on that day: of the model, or of the model it is a snapshot of."""
    if found := _row(model, on):
        return found
    snapshot = SNAPSHOT.fullmatch(model)
    return _row(snapshot["model"], on) if snapshot else None


def is_priced(model: str) -> bool:
    """Whether anything is known of what the model costs today."""
    return model == ENGINE or price_of(model, timezone.now().date()) is not None


def _row(model: str, on: date) -> Price | None:
    rows = (row for row in PRICES if row.model == model and row.valid_from <= on)
    return max(rows, key=lambda row: row.valid_from, default=None)


def _input(price: Tokens, tokens: int, cached: int) -> Decimal | None:
    """`cached` are part of `tokens`: each is billed once, at one of the two prices."""
    fresh = _tokens(tokens - cached, price.input)
    reused = _tokens(cached, price.cached)
    return None if fresh is None or reused is None else fresh + reused


def _tokens(count: int, for_million: Decimal | None) -> Decimal | None:
    if count == 0:
        return Decimal(0)
    return None if for_million is None else count * for_million / _MILLION


def _seconds(seconds: float, for_minute: Decimal | None) -> Decimal | None:
    if seconds == 0:
        return Decimal(0)
    return None if for_minute is None else Decimal(str(seconds)) * for_minute / 60
