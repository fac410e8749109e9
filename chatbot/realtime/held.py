"""Speech that a session of the upstream has not heard yet, or may have to hear again: bounded."""

from __future__ import annotations

from collections import deque

from chatbot.realtime.audio import BYTES_PER_SECOND

#: 15 seconds of speech; what is older than that is let go first. Typed text is never let go.
MAX_HELD_BYTES = 15 * BYTES_PER_SECOND
MAX_HELD_EVENTS = 64
#: Where the upstream detects turns, this much is kept while nobody speaks: the start of a word that
#: it has not noticed yet.
PREFIX_BYTES = BYTES_PER_SECOND

Held = tuple[str, int]


class HeldSpeech:
    """Frames for the upstream in the order they came, while there is no session."""

    def __init__(self, room: int = 1) -> None:
        """With `room` so many times what is kept for a page."""
        self._room = room
        self._frames: deque[Held] = deque()
        self._audio_bytes = 0
        self._events = 0
        #: Speech was let go since the last `take`.
        self.has_overflowed = False

    def add(self, frame: str, audio_bytes: int) -> None:
        """Keep a frame that holds `audio_bytes` of speech (0: an event).

        Raises:
            ValueError: too many events are waiting already.
        """
        if audio_bytes == 0 and self._events >= MAX_HELD_EVENTS * self._room:
            raise ValueError("too many messages before the call is ready")
        self._frames.append((frame, audio_bytes))
        self._audio_bytes += audio_bytes
        self._events += audio_bytes == 0
        while self._audio_bytes > MAX_HELD_BYTES * self._room:
            self._drop_oldest_speech()

    def take(self) -> list[Held]:
        """All of it, and keep nothing."""
        taken = list(self._frames)
        self._frames.clear()
        self._audio_bytes = self._events = 0
        self.has_overflowed = False
        return taken

    def _drop_oldest_speech(self) -> None:
        index = next(i for i, (_, size) in enumerate(self._frames) if size)
        self.has_overflowed = True
        self._audio_bytes -= self._frames[index][1]
        del self._frames[index]


def bytes_to_keep(is_needed: bool, detects_turns: bool) -> int:
    """How much of what was said may have to be said again: all of a turn that `is_needed`, else
    the start of one where the upstream `detects_turns`."""
    if is_needed:
        return MAX_HELD_BYTES
    return PREFIX_BYTES if detects_turns else 0


class RecentSpeech:
    """What the present session was sent last, and may not have understood."""

    def __init__(self) -> None:
        self._most_bytes = PREFIX_BYTES
        self._frames: deque[Held] = deque()
        self._bytes = 0

    def add(self, frame: str, audio_bytes: int) -> None:
        """Remember a frame of speech; events are the session's own."""
        if audio_bytes == 0:
            return
        self._frames.append((frame, audio_bytes))
        self._bytes += audio_bytes
        self._let_go()

    def keep(self, most_bytes: int) -> None:
        """No more than so much of it, from now on."""
        self._most_bytes = most_bytes
        self._let_go()

    def _let_go(self) -> None:
        while self._bytes > self._most_bytes:
            self._bytes -= self._frames.popleft()[1]

    def take(self) -> list[Held]:
        """All of it, and keep nothing."""
        taken = list(self._frames)
        self._frames.clear()
        self._bytes = 0
        return taken
