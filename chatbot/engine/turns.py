"""When somebody speaks: probabilities of speech become starts, pauses and ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

WINDOW_MS = 32
#: Speech must last this many windows to count, so that a click starts nothing.
ONSET_WINDOWS = 2
#: After this much silence recognition may begin; it is dropped if the speech goes on.
PAUSE_WINDOWS = 6
#: Once speaking, a probability this far below the threshold is still speech (as in Silero's code).
HYSTERESIS = 0.15
LOWEST_THRESHOLD = 0.01

#: How long a semantic turn waits, by eagerness; the words are not judged yet.
SEMANTIC_SILENCE_MS = {"low": 900, "medium": 600, "auto": 600, "high": 350}


@dataclass(frozen=True)
class Detection:
    """The numbers of `turn_detection`, whichever kind it is."""

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    create_response: bool = True
    interrupt_response: bool = True

    @classmethod
    def of(cls, turn_detection: dict[str, Any]) -> Detection:
        """Read a session's `turn_detection`, already checked."""
        answers = {
            key: turn_detection[key]
            for key in ("create_response", "interrupt_response")
            if turn_detection.get(key) is not None
        }
        if turn_detection["type"] == "semantic_vad":
            eagerness = turn_detection.get("eagerness") or "auto"
            return cls(silence_duration_ms=SEMANTIC_SILENCE_MS[eagerness], **answers)
        numbers = {
            key: turn_detection[key]
            for key in ("threshold", "prefix_padding_ms", "silence_duration_ms")
            if turn_detection.get(key) is not None
        }
        return cls(**numbers, **answers)


class Signal(Enum):
    """What one more window of sound means."""

    STARTED = auto()
    PAUSED = auto()
    RESUMED = auto()
    STOPPED = auto()


class TurnDetector:
    """Fed one probability a window of `WINDOW_MS`; tells starts, pauses and ends of speech."""

    def __init__(self, detection: Detection) -> None:
        self.detection = detection
        self.speaking = False
        self._run = 0
        self._silent = 0

    def feed(self, probability: float) -> Signal | None:
        """Judge the next window. `STARTED` comes `ONSET_WINDOWS` after the speech began."""
        return self._in_speech(probability) if self.speaking else self._in_silence(probability)

    def reset(self) -> None:
        """Forget the speech in progress."""
        self.speaking = False
        self._run = self._silent = 0

    def _in_silence(self, probability: float) -> Signal | None:
        self._run = self._run + 1 if probability >= self.detection.threshold else 0
        if self._run < ONSET_WINDOWS:
            return None
        self.reset()
        self.speaking = True
        return Signal.STARTED

    def _in_speech(self, probability: float) -> Signal | None:
        threshold = self.detection.threshold
        if probability >= threshold:
            resumed = self._silent >= PAUSE_WINDOWS
            self._silent = 0
            return Signal.RESUMED if resumed else None
        if self._silent == 0 and probability >= max(threshold - HYSTERESIS, LOWEST_THRESHOLD):
            return None
        self._silent += 1
        if self._silent >= self._silence_windows():
            self.reset()
            return Signal.STOPPED
        return Signal.PAUSED if self._silent == PAUSE_WINDOWS else None

    def _silence_windows(self) -> int:
        return max(1, round(self.detection.silence_duration_ms / WINDOW_MS))
