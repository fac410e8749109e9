"""What the browser has received and played of each answer, and which generation it is.

Interrupting is a generation number: audio of an older one is never sent, or played.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.realtime.audio import ms_of


@dataclass(slots=True)
class ItemAudio:
    """Audio of one item. `is_whole` once the upstream has sent its end."""

    item_id: str
    content_index: int
    received_bytes: int = 0
    played_ms: int = 0
    is_whole: bool = False

    @property
    def received_ms(self) -> int:
        return ms_of(self.received_bytes)

    @property
    def heard_ms(self) -> int:
        """What can have been heard: never more than was received."""
        return min(self.played_ms, self.received_ms)


class Playback:
    """The answers on their way through the browser's loudspeaker, oldest first."""

    def __init__(self) -> None:
        self.generation = 0
        self._unheard: dict[str, ItemAudio] = {}
        self._generation_of: dict[str, int] = {}
        self._header: tuple[str, int] | None = None

    @property
    def is_idle(self) -> bool:
        """Nothing is left to be heard."""
        return not self._unheard

    def response_created(self, response_id: str) -> None:
        """Its audio belongs to the present generation."""
        self._generation_of[response_id] = self.generation

    def response_done(self, response_id: str) -> None:
        """No more audio will come of it."""
        self._generation_of.pop(response_id, None)

    def is_current(self, response_id: str) -> bool:
        """Whether audio of this response may still be played."""
        return self._generation_of.get(response_id, self.generation) == self.generation

    def receive(self, item_id: str, content_index: int, size_bytes: int) -> bool:
        """Count audio that goes to the browser; True when it needs a header first."""
        audio = self._unheard.get(item_id)
        if audio is None:
            audio = self._unheard[item_id] = ItemAudio(item_id, content_index)
        audio.received_bytes += size_bytes
        header = (item_id, content_index)
        is_new, self._header = header != self._header, header
        return is_new

    def whole(self, item_id: str) -> None:
        """All audio of the item has been received."""
        if audio := self._unheard.get(item_id):
            audio.is_whole = True

    def report(self, item_id: str, played_ms: int, has_ended: bool) -> None:
        """The browser's own count of what it has played of an item."""
        audio = self._unheard.get(item_id)
        if audio is None:
            return
        audio.played_ms = max(audio.played_ms, played_ms)
        if has_ended and audio.is_whole:
            del self._unheard[item_id]

    def interrupt(self) -> list[ItemAudio]:
        """Begin a new generation; returns what was not heard to its end, oldest first."""
        self.generation += 1
        self._header = None
        unheard = list(self._unheard.values())
        self._unheard.clear()
        return unheard
