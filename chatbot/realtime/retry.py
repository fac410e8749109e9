"""When to try the upstream again, and when to give up."""

from __future__ import annotations

from chatbot.realtime.problems import PERMANENT, Problem

FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 5.0
#: A call that has not begun fails soon, so that the user can act; one that ran is held for longer.
BEGIN_LIMIT_S = 0.7
RESUME_LIMIT_S = 30.0
#: A session that lasts this long has made good for the attempts before it.
STABLE_S = 10.0


class Retry:
    """Backoff with jitter for what may pass; none for what will not."""

    def __init__(self) -> None:
        self._attempts = 0
        self._lost_at: float | None = None
        self._ready_at: float | None = None

    @property
    def has_been_ready(self) -> bool:
        """The call has had a session."""
        return self._ready_at is not None

    def ready(self, now: float) -> None:
        """The session is there."""
        self._ready_at = now

    def answered(self) -> None:
        """The session has answered: that makes good for the attempts before it, too."""
        self._lost_at = None

    def lost(self, problem: Problem, now: float, chance: float) -> float | None:
        """Seconds to wait before the next attempt, or None to give up.

        `chance` is a random number from 0 to 1: callers that were lost together come back apart.
        """
        if problem.code in PERMANENT:
            return None
        if self._lost_at is None or self._has_been_stable(self._lost_at, now):
            self._lost_at = now
            self._attempts = 0
        limit = RESUME_LIMIT_S if self.has_been_ready else BEGIN_LIMIT_S
        if self._attempts == 0 and self.has_been_ready:
            delay = 0.0
        else:
            delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2**self._attempts) * (0.5 + chance / 2)
        self._attempts += 1
        return None if now + delay - self._lost_at > limit else delay

    def _has_been_stable(self, lost_at: float, now: float) -> bool:
        """A session since then lasted until now, and long enough."""
        ready_at = self._ready_at
        return ready_at is not None and ready_at > lost_at and now - ready_at >= STABLE_S
