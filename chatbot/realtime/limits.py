"""How much a client may send: a bucket for each kind of event, and patience for bad frames."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.realtime.audio import BYTES_PER_SECOND


@dataclass(slots=True)
class Bucket:
    """Holds at most `burst`, fills with `per_second`; times in seconds."""

    burst: float
    per_second: float
    level: float = -1.0
    filled_at: float = 0.0

    def take(self, amount: float, now: float) -> float:
        """Take `amount`; returns 0, or the seconds to wait until there is enough (none taken)."""
        if self.level < 0:
            self.level, self.filled_at = self.burst, now
        # A clock that is set back fills nothing, and costs nothing.
        passed = max(0.0, now - self.filled_at)
        self.level = min(self.burst, self.level + passed * self.per_second)
        self.filled_at = now
        if amount <= self.level:
            self.level -= amount
            return 0.0
        return (amount - self.level) / self.per_second


class Limits:
    """The buckets of one call. Speech comes in real time, with room for what a page has kept."""

    def __init__(self, room: int = 1) -> None:
        """With `room` so many times what a page may send."""
        speech = BYTES_PER_SECOND * room
        self._speech = Bucket(burst=30 * speech, per_second=2 * speech)
        self._events = {
            kind: Bucket(burst=10 * room, per_second=room)
            for kind in ("conversation.item.create", "response.create", "session.update")
        }
        self._others = Bucket(burst=100 * room, per_second=25 * room)
        self._patience = Bucket(burst=100, per_second=1)

    def speech(self, size_bytes: int, now: float) -> float:
        """0, or how many seconds this sound comes too early."""
        return self._speech.take(size_bytes, now)

    def event(self, kind: str, now: float) -> float:
        """0, or how many seconds this event comes too early."""
        return self._events.get(kind, self._others).take(1, now)

    def is_patience_lost(self, now: float) -> bool:
        """Another frame could not be accepted: whether that is one too many."""
        return self._patience.take(1, now) > 0
