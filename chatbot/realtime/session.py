"""The session settings of a call: the server's alone, sent upstream in one `session.update`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatbot.realtime.audio import SAMPLE_RATE_HZ

_FORMAT = {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ}


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What a persona decides. `threshold` is 0 to 1; times in milliseconds."""

    instructions: str
    voice: str
    transcription_model: str
    threshold: float
    prefix_padding_ms: int
    silence_duration_ms: int

    @property
    def silence_s(self) -> float:
        """How long after its end the upstream's detector reports the end of speech."""
        return self.silence_duration_ms / 1000

    def as_session(self) -> dict[str, Any]:
        """The GA session object; the model is chosen at connect and not part of it."""
        return {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": self.instructions,
            "audio": {
                "input": {
                    "format": _FORMAT,
                    "transcription": {"model": self.transcription_model},
                    "turn_detection": {
                        "type": "server_vad",
                        "threshold": self.threshold,
                        "prefix_padding_ms": self.prefix_padding_ms,
                        "silence_duration_ms": self.silence_duration_ms,
                        "create_response": True,
                        "interrupt_response": True,
                    },
                },
                "output": {"format": _FORMAT, "voice": self.voice},
            },
        }
