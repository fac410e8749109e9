"""Load the models while the server listens already, and say how far that is."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from chatbot.engine.models import Models

log = logging.getLogger(__name__)

#: A second of silence and a word or two: the first run of a model is slower than the rest.
_WARM_UP_PCM = bytes(2 * 24_000)
_WARM_UP_TEXT = "You are a helpful assistant. Be concise and natural."


@dataclass
class Loader:
    """`status` is "loading", then "ready" or "broken"; `models` is there once it is ready."""

    threads: int
    status: str = "loading"
    message: str = "The voice engine is loading its models."
    models: Models | None = None
    _began: float = field(default_factory=time.monotonic)
    _seconds: float | None = None

    def load(self) -> None:
        """Blocks; run it in a thread. A failure is kept for `/healthz`, and logged."""
        try:
            self.models = load_models(self.threads)
        except Exception as error:
            log.exception("The models could not be loaded.")
            self.message = f"The voice engine could not load its models: {error}"
            self.status = "broken"
        else:
            self.message = "The voice engine is ready."
            self.status = "ready"
        self._seconds = time.monotonic() - self._began

    def report(self) -> dict[str, Any]:
        """What `/healthz` answers."""
        seconds = self._seconds if self._seconds is not None else time.monotonic() - self._began
        return {
            "status": self.status,
            "message": self.message,
            "models": self.models.names if self.models else {},
            "seconds": round(seconds, 1),
        }


def load_models(threads: int) -> Models:
    """All four, side by side, each run once. The imports alone take most of a second."""

    def ear() -> Any:
        from chatbot.engine.stages.silero import Silero

        silero = Silero()
        silero.new_ear().hear(_WARM_UP_PCM)
        return silero

    def recognizer() -> Any:
        from chatbot.engine.stages.whisper import Whisper

        whisper = Whisper(threads)
        whisper.recognize(_WARM_UP_PCM, None)
        return whisper

    def language() -> Any:
        from chatbot.engine.stages.llama import Llama

        # The other half is for recognition, the voice and whatever else runs here. Measured on two
        # cores: one thread writes a token in 22 ms whether the other core is busy or not; two
        # threads need 12 ms on an idle machine, and 30 to 150 ms on one that is not.
        llama = Llama(max(1, threads // 2))
        llama.prepare([{"role": "system", "content": _WARM_UP_TEXT}], lambda: False)
        return llama

    def voice() -> Any:
        from chatbot.engine.stages.speech import Hibari

        return Hibari()

    with ThreadPoolExecutor(4, "load") as pool:
        loading = [pool.submit(one) for one in (ear, recognizer, language, voice)]
        silero, whisper, llama, hibari = [one.result() for one in loading]
    return Models(
        new_ear=silero.new_ear,
        recognizer=whisper,
        language=llama,
        voice=hibari,
        names={
            "voice_activity": silero.name,
            "recognition": whisper.name,
            "language": llama.name,
            "voice": hibari.name,
        },
    )
