"""Models that answer at once with what a test wants, for tests of the shell around them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from chatbot.engine.models import Models
from chatbot.engine.orders import Message, TextUsage

WINDOW_BYTES = 1536


class LoudnessEar:
    """What is loud is speech."""

    def __init__(self) -> None:
        self._rest = b""

    def hear(self, pcm: bytes) -> list[float]:
        sound = self._rest + pcm
        whole = len(sound) // WINDOW_BYTES * WINDOW_BYTES
        self._rest = sound[whole:]
        windows = np.frombuffer(sound[:whole], "<i2").reshape(-1, WINDOW_BYTES // 2)
        return [float(np.abs(window.astype(int)).mean() > 500) for window in windows]


class FixedRecognizer:
    """Hears the same in everything; an exception to raise instead may be given."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def recognize(self, pcm: bytes, language: str | None) -> str:
        if self.error:
            raise self.error
        return "What is it?"


class TalkingModel:
    """Writes until it is stopped, or the given number of sentences."""

    def __init__(self) -> None:
        self.sentences = 2
        self.running = threading.Semaphore(0)
        self.stopped = threading.Event()

    def prepare(self, messages: list[Message], stopped: Callable[[], bool]) -> None:
        return

    def generate(
        self,
        messages: list[Message],
        max_tokens: int,
        on_text: Callable[[str, TextUsage], None],
        stopped: Callable[[], bool],
    ) -> tuple[TextUsage, bool]:
        self.running.release()
        written = 0
        while written < self.sentences:
            if stopped():
                self.stopped.set()
                break
            written += 1
            on_text(f"Sentence {written} of it. ", TextUsage(5, 0, written))
            if self.sentences > 100:
                threading.Event().wait(0.001)
        return TextUsage(5, 0, written), False


class ToneVoice:
    """Hums."""

    def speak(self, text: str, voice: str, speed: float) -> bytes:
        tone = np.sin(np.arange(2400) * 0.1) * 8000
        return bytes(tone.astype("<i2").tobytes())


class FakeModels:
    """The four of them, to be looked at and changed by a test."""

    def __init__(self) -> None:
        self.recognizer = FixedRecognizer()
        self.language = TalkingModel()
        self.voice = ToneVoice()

    def models(self) -> Models:
        return Models(LoudnessEar, self.recognizer, self.language, self.voice, {"all": "fake"})


def loud(duration_ms: int) -> bytes:
    """What `LoudnessEar` takes for speech."""
    return bytes((np.ones(24 * duration_ms) * 8000).astype("<i2").tobytes())


def quiet(duration_ms: int) -> bytes:
    """Silence."""
    return bytes(48 * duration_ms)
