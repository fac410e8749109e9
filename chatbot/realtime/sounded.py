"""How much sound of each answer a client has been sent, from the size of its base64 alone."""

from __future__ import annotations

from chatbot.realtime.audio import BYTES_PER_SECOND

#: 8 kHz, a byte each.
_G711_BYTES_PER_SECOND = 8_000
#: Clients cut the newest answers; of older ones nothing need be known.
_MOST_ITEMS = 64


class Sounded:
    """Milliseconds of sound per item; whether there was `anything` in this session."""

    def __init__(self) -> None:
        self._ms: dict[str, float] = {}
        self.anything = False

    def add(self, item_id: str, base64_characters: int, audio_format: str) -> None:
        """A delta of an item; `audio_format` is the session's."""
        rate = BYTES_PER_SECOND if audio_format == "audio/pcm" else _G711_BYTES_PER_SECOND
        self._ms[item_id] = self._ms.get(item_id, 0.0) + base64_characters * 750 / rate
        self.anything = True
        while len(self._ms) > _MOST_ITEMS:
            del self._ms[next(iter(self._ms))]

    def ms_of(self, item_id: str) -> int:
        """How long the sound of an item lasts that was sent."""
        return int(self._ms.get(item_id, 0.0))
