"""What the user is told while there is no session of the upstream: each sentence once."""

from __future__ import annotations

from typing import Literal

from chatbot.realtime import problems
from chatbot.realtime.outbox import Outbox
from chatbot.realtime.retry import Retry

#: Of an upstream: an engine loads its models, or nothing has come for long, or it responds.
Pace = Literal["loading", "slow", "there"]


class Waiting:
    """That speech is let go outweighs why."""

    def __init__(self, outbox: Outbox, retry: Retry) -> None:
        self._outbox = outbox
        self._retry = retry
        self._said = ""

    def lost(self) -> None:
        """A session is gone, and another is to come."""
        self._say(problems.RECONNECTING)

    def upstream_is(self, pace: Pace) -> None:
        """An upstream that is there again is news if it was slow in a session."""
        if pace == "loading":
            self._say(problems.LOADING_AGAIN if self._retry.has_been_ready else problems.LOADING)
        elif pace == "slow":
            self._say(problems.SLOW)
        elif self._said and self._outbox.is_open:
            self.over()

    def spoken(self) -> None:
        """The user has spoken; of that only so much is kept."""
        if self._outbox.is_letting_go:
            self._say(problems.LETTING_GO)

    def over(self) -> None:
        """The session is there."""
        self._said = ""
        self._outbox.status("ready", problems.READY)

    def _say(self, message: str) -> None:
        message = problems.LETTING_GO if self._outbox.is_letting_go else message
        if message != self._said:
            self._said = message
            is_again = self._retry.has_been_ready
            self._outbox.status("reconnecting" if is_again else "connecting", message)
