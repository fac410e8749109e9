"""Updates of a session on their way to the upstream, which answers them in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.realtime.permissions import Session


@dataclass(frozen=True, slots=True)
class Update:
    """One `session.update`: by the caller, or our own (`changes` None).

    `event_id` is ours, so that the answer can be told apart; `client_event_id` the caller's.
    """

    event_id: str
    changes: Session | None
    client_event_id: str | None = None


class Updates:
    """Those that are not answered yet, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Update] = []

    @property
    def of_caller(self) -> list[Update]:
        """Those that a session which is lost takes with it."""
        return [update for update in self._waiting if update.changes is not None]

    def begin(self, event_id: str) -> None:
        """A fresh session begins with an update of our own; the caller's come after it."""
        self._waiting = [Update(event_id, None), *self.of_caller]

    def add(self, event_id: str, changes: Session, event: Mapping[str, Any]) -> Update:
        """The caller's `event` goes out as ours."""
        client_event_id = event.get("event_id")
        is_text = isinstance(client_event_id, str)
        update = Update(event_id, changes, client_event_id if is_text else None)
        self._waiting.append(update)
        return update

    def taken(self) -> Update | None:
        """The upstream has taken the oldest; None when that was our own."""
        update = self._waiting.pop(0) if self._waiting else None
        return update if update is not None and update.changes is not None else None

    def refused(self, event_id: Any, param: Any = None) -> Update | None:
        """The upstream has refused one; None when the error is about something else. Not every
        upstream gives the id back: then it is the oldest, if a field of a session is meant."""
        is_oldest = event_id is None and isinstance(param, str) and param.startswith("session")
        for index, update in enumerate(self._waiting):
            if is_oldest or update.event_id == event_id:
                return self._waiting.pop(index)
        return None


def silence_of(session: Mapping[str, Any]) -> float:
    """How many seconds after its end the upstream's detector reports the end of speech."""
    detection = session["audio"]["input"]["turn_detection"] or {}
    return float(detection.get("silence_duration_ms") or 0) / 1000
