"""What the calls of the demo used, and what it cost by the table of prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from chatbot.cost import cost_usd
from chatbot.demo.batch import Batch
from chatbot.models import Usage
from chatbot.realtime.usage import ENGINE, Used

HEARD_TOKENS_FOR_EACH_SECOND = 10
SAID_TOKENS_FOR_EACH_SECOND = 20
INSTRUCTIONS_TOKENS = 320
MOST_INPUT_TOKENS = 28_000
RECOGNISER = "gpt-4o-mini-transcribe"


@dataclass(slots=True)
class Meter:
    """Counts what one call uses: each answer is billed for all that was said before it, which the
    service has mostly cached."""

    call: UUID
    persona: int
    model: str
    batch: Batch
    audio_tokens: int = 0
    text_tokens: int = INSTRUCTIONS_TOKENS
    cached_audio_tokens: int = 0

    def asked(self, item: str, at: datetime, spoken_s: float, *, is_typed: bool) -> None:
        """A question; what was spoken is transcribed."""
        if is_typed:
            self.text_tokens += 16
            return
        self.audio_tokens += int(spoken_s * HEARD_TOKENS_FOR_EACH_SECOND)
        seconds = round(spoken_s, 1)
        recogniser = ENGINE if self.model == ENGINE else RECOGNISER
        self._count("transcription", item, recogniser, Used(audio_seconds=seconds), at)

    def answered(self, item: str, at: datetime, spoken_s: float, characters: int) -> None:
        """An answer of so many seconds and characters."""
        said = int(spoken_s * SAID_TOKENS_FOR_EACH_SECOND)
        heard = min(self.audio_tokens, MOST_INPUT_TOKENS)
        used = Used(
            text_input_tokens=min(self.text_tokens, MOST_INPUT_TOKENS),
            audio_input_tokens=heard,
            cached_text_tokens=INSTRUCTIONS_TOKENS,
            cached_audio_tokens=min(self.cached_audio_tokens, heard),
            text_output_tokens=characters // 4,
            audio_output_tokens=said,
        )
        self._count("response", f"resp_{item[5:]}", self.model, used, at)
        self.cached_audio_tokens = self.audio_tokens // 128 * 128
        self.audio_tokens += said
        self.text_tokens += characters // 4

    def _count(self, kind: str, source: str, model: str, used: Used, at: datetime) -> None:
        self.batch.rows[Usage].append(
            (
                self.call, self.persona, kind, source, model, used.text_input_tokens,
                used.audio_input_tokens, used.cached_text_tokens, used.cached_audio_tokens, 0, 0,
                used.text_output_tokens, used.audio_output_tokens, used.audio_seconds,
                _cost(model, used, at.date()), at,
            )
        )  # fmt: skip


@lru_cache(maxsize=50_000)
def _cost(model: str, used: Used, on: date) -> Decimal | None:
    return cost_usd(model, used, on)
