"""The four models an engine needs, as the rest of it sees them.

All methods block and are called from worker threads, several at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chatbot.engine.orders import Message, TextUsage


class Ear(Protocol):
    """Hears one caller: it keeps state between calls and is never called twice at once."""

    def hear(self, pcm: bytes) -> list[float]:
        """Probability of speech, 0 to 1, of each 32 ms window that `pcm` completes."""


class Recognizer(Protocol):
    """Speech to text."""

    def recognize(self, pcm: bytes, language: str | None) -> str:
        """The words in `pcm`, of any length; empty when nothing was said."""


class LanguageModel(Protocol):
    """Conversation to text."""

    def prepare(self, messages: list[Message], stopped: Callable[[], bool]) -> None:
        """Read `messages` now, so that a continuation of them starts sooner."""

    def generate(
        self,
        messages: list[Message],
        max_tokens: int,
        on_text: Callable[[str, TextUsage], None],
        stopped: Callable[[], bool],
    ) -> tuple[TextUsage, bool]:
        """Write an answer piece by piece until it ends or `stopped()`.

        Returns what was used, and whether `max_tokens` cut the answer.
        """


class Voice(Protocol):
    """Text to speech."""

    def speak(self, text: str, voice: str, speed: float) -> bytes:
        """`text` as PCM."""


@dataclass(frozen=True)
class Models:
    """Loaded and warm. `new_ear` makes one for each caller; `names` is for people."""

    new_ear: Callable[[], Ear]
    recognizer: Recognizer
    language: LanguageModel
    voice: Voice
    names: dict[str, str]
