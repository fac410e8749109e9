"""Which samples belong to which turn: both sides of a call, cut into pieces for a recording.

Speech that the upstream detects begins and ends where it says, by `audio_start_ms` and
`audio_end_ms` on the clock of its session, which counts what that was sent. Speech that is ended by
hand lasts from the last `clear` or `commit` to the next `commit`. Of an answer, a turn has what was
sent to the page. Each sound has a number, and a name once it is known whose it is.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass

from chatbot.realtime.audio import BYTES_PER_SECOND, bytes_of, from_base64
from chatbot.realtime.events import Event

#: What was said last is kept for so long, since the start of speech is told late.
RECENT_BYTES = 6 * BYTES_PER_SECOND
#: The upstream takes no less than this for speech.
LEAST_BYTES = bytes_of(100)
#: Turns end in order; more need not be remembered.
_MOST_ITEMS = 64

_BUFFER = "input_audio_buffer"


@dataclass(frozen=True, slots=True)
class Piece:
    """More of a sound."""

    number: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Named:
    """The sound is that of this item's turn."""

    number: int
    item_id: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The sound is no longer than this; what it has more is not of the turn."""

    number: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The turn is stored, and its sound is complete."""

    number: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """The sound is nobody's turn: forget it."""

    number: int


Part = Piece | Named | Cut | Ended | Dropped


@dataclass(slots=True)
class _Speech:
    """What is being said: since when on the session's clock, and how much of it there is."""

    number: int
    start: int
    size: int
    item_id: str = ""


class Soundtrack:
    """Listens to what goes out to both peers; `take` hands over what to keep of it."""

    def __init__(self) -> None:
        #: Whether the user agrees; without that nothing is kept but the clock.
        self.is_on = False
        self._parts: list[Part] = []
        self._count = 0
        self._position = 0
        self._recent: deque[bytes] = deque()
        self._recent_bytes = 0
        self._is_by_hand = False
        self._speaking: _Speech | None = None
        self._committed: deque[int] = deque()
        self._numbers: dict[str, int] = {}
        self._past: dict[str, None] = {}

    def take(self) -> list[Part]:
        """What there is to keep since the last time, in order."""
        parts, self._parts = self._parts, []
        return parts

    # The user's consent

    def begin(self) -> None:
        """The user agrees: keep what begins from now on."""
        self.is_on = True

    def stop(self) -> None:
        """The user does not agree any more: forget all that is not stored."""
        self.is_on = False
        self._drop_unnamed()
        for item_id in list(self._numbers):
            self._drop(item_id)
        self._recent.clear()
        self._recent_bytes = 0

    def stored(self, item_id: str) -> None:
        """The row of this turn is written; no more of its sound will come."""
        number = self._forget(item_id)
        if number is not None:
            self._parts.append(Ended(number))

    # The user's side

    def detects_turns(self, does: bool) -> None:
        """Whether the upstream says when the user speaks, or the user does it by hand."""
        if does and self._is_by_hand:
            self._drop_unnamed()
        self._is_by_hand = not does

    def session_begun(self) -> None:
        """A new session of the upstream: its clock is at 0."""
        self._position = 0
        self._recent.clear()
        self._recent_bytes = 0

    def session_lost(self) -> None:
        """What it had not taken will be said again to another."""
        self._drop_unnamed()

    def sent_again(self, frame: str) -> None:
        """A frame goes out that was held, an event as text."""
        event = json.loads(frame)
        if event["type"] == f"{_BUFFER}.append":
            self.spoken(from_base64(event["audio"]))
        else:
            self.sent(event["type"])

    def spoken(self, pcm: bytes) -> None:
        """Speech goes to the upstream."""
        self._position += len(pcm)
        if not self.is_on:
            return
        if self._speaking is None and self._is_by_hand:
            self._speaking = _Speech(self._next(), self._position - len(pcm), 0)
        if self._speaking is not None:
            self._speaking.size += len(pcm)
            self._parts.append(Piece(self._speaking.number, pcm))
        if not self._is_by_hand:
            self._recent.append(pcm)
            self._recent_bytes += len(pcm)
            while self._recent_bytes > RECENT_BYTES:
                self._recent_bytes -= len(self._recent.popleft())

    def sent(self, kind: str) -> None:
        """Another event goes to the upstream."""
        if kind == f"{_BUFFER}.clear":
            if self._speaking is not None and not self._speaking.item_id:
                self._parts.append(Dropped(self._speaking.number))
                self._speaking = None
        elif kind == f"{_BUFFER}.commit":
            speaking = self._speaking
            if speaking is None or speaking.item_id:
                return
            self._speaking = None
            if speaking.size < LEAST_BYTES:
                self._parts.append(Dropped(speaking.number))
            else:
                self._committed.append(speaking.number)

    # What both sides are told

    def told(self, event: Event) -> None:
        """An event of the upstream's, or of the call in its place, goes to the page."""
        kind = event["type"]
        if kind == f"{_BUFFER}.speech_started":
            self._speech_started(event["item_id"], event.get("audio_start_ms"))
        elif kind == f"{_BUFFER}.speech_stopped":
            self._speech_stopped(event["item_id"], event.get("audio_end_ms"))
        elif kind == f"{_BUFFER}.committed":
            self._speech_committed(event["item_id"])
        elif kind == "conversation.item.deleted":
            self._drop(event["item_id"])

    def sounded(self, item_id: str, pcm: bytes) -> None:
        """Sound of an answer goes to the page. One that began unrecorded stays so."""
        if not self.is_on:
            self._remember(item_id)
        elif item_id not in self._past:
            self._parts.append(Piece(self._named(item_id), pcm))

    def _speech_started(self, item_id: str, start_ms: int | None) -> None:
        if not self.is_on or item_id in self._numbers or item_id in self._past:
            return
        if self._speaking is not None and self._speaking.item_id:
            self._end_speech(self._position)
        oldest = self._position - self._recent_bytes
        start = self._position if start_ms is None else bytes_of(start_ms)
        start = min(max(start, oldest), self._position)
        pcm = b"".join(self._recent)[start - oldest :]
        number = self._named(item_id)
        self._speaking = _Speech(number, start, len(pcm), item_id)
        if pcm:
            self._parts.append(Piece(number, pcm))

    def _speech_stopped(self, item_id: str, end_ms: int | None) -> None:
        if self._speaking is not None and self._speaking.item_id == item_id:
            self._end_speech(self._position if end_ms is None else bytes_of(end_ms))

    def _speech_committed(self, item_id: str) -> None:
        if self._speaking is not None and self._speaking.item_id == item_id:
            self._end_speech(self._position)
        elif item_id not in self._numbers and item_id not in self._past and self._committed:
            number = self._committed.popleft()
            self._numbers[item_id] = number
            self._parts.append(Named(number, item_id))

    def _end_speech(self, end: int) -> None:
        """What is being said ends at this position."""
        speech, self._speaking = self._speaking, None
        if speech is not None and end - speech.start < speech.size:
            self._parts.append(Cut(speech.number, max(0, end - speech.start)))

    # Numbers and names

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _named(self, item_id: str) -> int:
        if item_id not in self._numbers:
            self._numbers[item_id] = self._next()
            self._parts.append(Named(self._numbers[item_id], item_id))
        return self._numbers[item_id]

    def _drop(self, item_id: str) -> None:
        number = self._forget(item_id)
        if number is not None:
            self._parts.append(Dropped(number))

    def _drop_unnamed(self) -> None:
        """What was said by hand, and nobody has taken."""
        if self._speaking is not None and not self._speaking.item_id:
            self._committed.append(self._speaking.number)
            self._speaking = None
        self._parts += [Dropped(number) for number in self._committed]
        self._committed.clear()

    def _forget(self, item_id: str) -> int | None:
        """No more of it is kept."""
        if self._speaking is not None and self._speaking.item_id == item_id:
            self._speaking = None
        self._remember(item_id)
        return self._numbers.pop(item_id, None)

    def _remember(self, item_id: str) -> None:
        self._past[item_id] = None
        while len(self._past) > _MOST_ITEMS:
            del self._past[next(iter(self._past))]
