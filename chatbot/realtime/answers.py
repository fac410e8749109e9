"""Never two responses at once: which one runs, and whether another is wanted after it.

The upstream answers speech by itself, but not while a response runs. Speech that it left so is
answered when it is known to be words; any response that begins later has read it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from chatbot.realtime import events
from chatbot.realtime.events import Event


class Answers:
    """The default conversation's responses, as far as asking for them goes."""

    def __init__(self, new_id: Callable[[str], str], send: Callable[[Event], None]) -> None:
        """`send` sends an event to the upstream, or keeps it until there is a session."""
        self.response_id: str | None = None
        self._new_id = new_id
        self._send = send
        self._is_requested = False
        self._request_id = ""
        self._is_request_for_speech = False
        self._is_wanted = False
        self._is_owed = False
        self._unanswered: set[str] = set()
        self._begun: deque[str] = deque(maxlen=32)

    @property
    def is_busy(self) -> bool:
        """One runs, or has been asked for."""
        return self.response_id is not None or self._is_requested

    @property
    def is_requested(self) -> bool:
        """The next response to begin is one that we have asked for."""
        return self._is_requested

    def want(self) -> None:
        """An answer is wanted: now, or after the one that runs."""
        self._is_wanted = True
        self._ask()

    def committed(self, item_id: str) -> None:
        """The user has spoken. Nobody answers while a response runs."""
        if self.response_id is not None:
            self._unanswered.add(item_id)

    def left_unanswered(self, item_id: str) -> None:
        """What answered this speech was taken back."""
        self._unanswered.add(item_id)

    def owes(self, item_id: str) -> bool:
        """Whether nothing has answered this speech."""
        return item_id in self._unanswered

    def is_speech(self, item_id: str) -> None:
        """It was words that the user spoke: an answer is owed, unless there was one."""
        if item_id in self._unanswered:
            self._unanswered.discard(item_id)
            self._is_owed = True
            self._ask()

    def is_nothing(self, item_id: str) -> None:
        """It was no words."""
        self._unanswered.discard(item_id)

    def created(self, response_id: str) -> None:
        """A response runs, asked for by us or by the upstream itself."""
        if response_id in self._begun:
            return  # one that was kept back, and is told again
        self._begun.append(response_id)
        self.response_id = response_id
        self._is_requested = False
        self._is_owed = False
        self._unanswered.clear()

    def collided(self, event_id: str | None) -> None:
        """The upstream refused to begin a response, because one ran. If that was ours
        (`event_id`, or it names none and ours has not begun): ask again after that one.

        One that was for speech alone is not asked for again: what ran then has read it.
        """
        if event_id != self._request_id and (event_id is not None or not self._is_requested):
            return
        self._is_requested = False
        self._is_wanted = self._is_wanted or not self._is_request_for_speech

    def done(self, response_id: str) -> None:
        """A response has ended; another is asked for now if one is wanted."""
        if response_id == self.response_id:
            self.response_id = None
        self._ask()

    def forget(self) -> None:
        """The session is gone, and with it whatever ran or was asked for."""
        self.response_id = None
        self._is_requested = self._is_wanted = self._is_owed = False
        self._unanswered.clear()

    def _ask(self) -> None:
        if self.is_busy or not (self._is_wanted or self._is_owed):
            return
        self._is_request_for_speech = not self._is_wanted
        self._is_wanted = self._is_owed = False
        self._is_requested = True
        self._request_id = self._new_id("event")
        self._send(events.response_create(self._request_id))
