"""The dated table of prices, in USD; docs/cost.md says how to change it and what it leaves open.

A change of price is a new row with its first day in `valid_from`; the old row stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

#: The Realtime API's first day: a row without a day of its own is the only price known.
FIRST_DAY = date(2024, 10, 1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """USD for a million tokens; None where the model has no such price."""

    input: Decimal | None = None
    cached: Decimal | None = None
    output: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs from `valid_from` on: for tokens, or for a minute of audio.

    `source` is where the price was read, `read` when.
    """

    model: str
    source: str
    read: date
    text: Tokens = Tokens()
    audio: Tokens = Tokens()
    image: Tokens = Tokens()
    minute: Decimal | None = None
    valid_from: date = FIRST_DAY


def _tokens(line: str) -> Tokens:
    """`input / cached / output`, with a dash where there is none."""
    return Tokens(*(None if word == "-" else Decimal(word) for word in line.split(" / ")))


def _tokens_row(
    model: str, text: str, audio: str, image: str, minute: str = "", source: str = ""
) -> Price:
    return Price(
        model,
        source or _CARD + model,
        _READ,
        _tokens(text),
        _tokens(audio),
        _tokens(image),
        Decimal(minute) if minute else None,
    )


def _minutes_row(model: str, minute: str) -> Price:
    return Price(model, _CARD + model, _READ, minute=Decimal(minute))


_CARD = "https://developers.openai.com/api/docs/models/"
_LAUNCH = "https://openai.com/index/introducing-the-realtime-api/"
_READ = date(2026, 11, 22)

PRICES: tuple[Price, ...] = (
    # Conversation: text, audio and image, each as input / cached / output for a million tokens
    _tokens_row("gpt-realtime-2.1", "4.00 / 0.40 / 24.00", "32.00 / 0.40 / 64.00", "5.00 / 0.50"),
    _tokens_row(
        "gpt-realtime-2.1-mini", "0.60 / 0.06 / 2.40", "10.00 / 0.30 / 20.00", "0.80 / 0.08"
    ),
    _tokens_row("gpt-realtime-2", "4.00 / 0.40 / 24.00", "32.00 / 0.40 / 64.00", "5.00 / 0.50"),
    _tokens_row("gpt-realtime-1.5", "4.00 / 0.40 / 16.00", "32.00 / 0.40 / 64.00", "5.00 / 0.50"),
    _tokens_row("gpt-realtime", "4.00 / 0.40 / 16.00", "32.00 / 0.40 / 64.00", "5.00 / 0.50"),
    _tokens_row("gpt-realtime-mini", "0.60 / 0.06 / 2.40", "10.00 / 0.30 / 20.00", "0.80 / 0.08"),
    _tokens_row("gpt-4o-realtime-preview", "5.00 / 2.50 / 20.00", "40.00 / 2.50 / 80.00", "-"),
    _tokens_row(
        "gpt-4o-realtime-preview-2024-10-01",
        "5.00 / 2.50 / 20.00",
        "100.00 / 20.00 / 200.00",
        "-",
        source=_LAUNCH,
    ),
    _tokens_row("gpt-4o-mini-realtime-preview", "0.60 / 0.30 / 2.40", "10.00 / 0.30 / 20.00", "-"),
    # Transcription by tokens, or by the minute where a service reports seconds
    _tokens_row("gpt-4o-transcribe", "2.50 / - / 10.00", "2.50", "-", "0.006"),
    _tokens_row("gpt-4o-transcribe-diarize", "2.50 / - / 10.00", "2.50", "-", "0.006"),
    _tokens_row("gpt-4o-mini-transcribe", "1.25 / - / 5.00", "1.25", "-", "0.003"),
    # Transcription by the minute
    _minutes_row("gpt-transcribe", "0.0045"),
    _minutes_row("gpt-live-transcribe", "0.017"),
    _minutes_row("gpt-realtime-whisper", "0.017"),
    _minutes_row("whisper-1", "0.006"),
)
