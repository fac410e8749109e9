"""What the browser has received and played of each answer, and what of it was cut.

Interrupting is a generation number: audio of an older one is never sent, or played.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.realtime.audio import ms_of

#: How long to wait for the browser to say what it had played when it was interrupted.
REPORT_WAIT_S = 0.7


@dataclass(slots=True)
class ItemAudio:
    """Audio of one item. `is_whole` once the upstream has sent its end."""

    item_id: str
    content_index: int
    received_bytes: int = 0
    played_ms: int = 0
    is_whole: bool = False
    is_of_old_session: bool = False

    @property
    def received_ms(self) -> int:
        return ms_of(self.received_bytes)

    @property
    def heard_ms(self) -> int:
        """What can have been heard: never more than was received."""
        return min(self.played_ms, self.received_ms)

    @property
    def was_heard_whole(self) -> bool:
        """It is all there, and all of it was played."""
        return self.is_whole and self.heard_ms >= self.received_ms


class Playback:
    """The answers on their way through the browser's loudspeaker, oldest first."""

    def __init__(self) -> None:
        self.generation = 0
        self._unheard: dict[str, ItemAudio] = {}
        self._generation_of: dict[str, int] = {}
        self._header: tuple[str, int] | None = None
        self._cut: dict[str, ItemAudio] = {}
        self._report_due = 0.0
        self._cut_before_whole: dict[str, ItemAudio] = {}

    @property
    def is_idle(self) -> bool:
        """Nothing is left to be heard."""
        return all(audio.was_heard_whole for audio in self._unheard.values())

    @property
    def sounding(self) -> str | None:
        """The item that is heard now, or will be next."""
        left = (audio for audio in self._unheard.values() if not audio.was_heard_whole)
        return next((audio.item_id for audio in left), None)

    @property
    def has_begun_answer(self) -> bool:
        """Sound of the answer that runs has been received."""
        return any(not audio.is_whole for audio in self._unheard.values())

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

    def report(self, item_id: str, played_ms: int, has_ended: bool) -> None:
        """The browser's own count of what it has played of an item."""
        audio = self._unheard.get(item_id)
        if audio is None:
            return
        audio.played_ms = max(audio.played_ms, played_ms)
        if has_ended and audio.is_whole:
            del self._unheard[item_id]

    def heard(self, item_id: str) -> ItemAudio | None:
        """How far an item has come that is not heard to its end."""
        return self._unheard.get(item_id) or self._cut.get(item_id)

    def whole(self, item_id: str) -> ItemAudio | None:
        """All audio of the item is there; returns it if it was cut before and can now be
        truncated."""
        for audio in (self._unheard.get(item_id), self._cut.get(item_id)):
            if audio is not None:
                audio.is_whole = True
        return self._cut_before_whole.pop(item_id, None)

    def interrupt(self, now: float) -> None:
        """Begin a new generation. What was not heard to its end is cut, as soon as the browser
        says where, or `REPORT_WAIT_S` later."""
        self.generation += 1
        self._header = None
        self._cut |= self._unheard
        self._unheard = {}
        self._report_due = now + REPORT_WAIT_S

    def take_cut(self, now: float | None = None) -> list[ItemAudio]:
        """What was cut, oldest first, once the report is due at `now` (None: at once)."""
        if not self._cut or (now is not None and now < self._report_due):
            return []
        cut = [audio for audio in self._cut.values() if not audio.was_heard_whole]
        self._cut = {}
        self._cut_before_whole |= {audio.item_id: audio for audio in cut if not audio.is_whole}
        return cut

    def report_cut(self, item_id: str, played_ms: int) -> bool:
        """The browser says where it was interrupted; False when nothing waits for that."""
        audio = self._cut.get(item_id)
        if audio is not None:
            audio.played_ms = max(audio.played_ms, played_ms)
        return bool(self._cut)

    def forget_session(self) -> None:
        """The upstream's session is gone: what is unheard will not grow, nor be truncated."""
        for audio in (*self._unheard.values(), *self._cut.values()):
            audio.is_whole = audio.is_of_old_session = True
        self._generation_of = {}
        self._cut_before_whole = {}
