"""Answers that the upstream began to speech which may be none: kept back until that is known."""

from __future__ import annotations

from chatbot.realtime.events import Event

#: Of their sound, as base64: about two minutes. More is not waited for.
MAX_CHARACTERS = 8 * 1024 * 1024


class Withheld:
    """The events of whole responses, in order. What is not wanted in the end is thrown away, and
    so is all that still comes of it."""

    def __init__(self) -> None:
        #: One of those that are kept was asked for, whatever the sound was.
        self.has_ours = False
        self._kept: list[Event] = []
        self._characters = 0
        self._wanted: set[str] = set()
        self._unwanted: set[str] = set()
        self._running: set[str] = set()
        self._response_of: dict[str, str] = {}

    @property
    def is_empty(self) -> bool:
        """Nothing is kept."""
        return not self._kept

    @property
    def is_full(self) -> bool:
        """No more can be kept."""
        return self._characters > MAX_CHARACTERS

    def begin(self, response_id: str, *, is_ours: bool) -> None:
        """Keep this response back, whose `response.created` comes next; `is_ours` if we have
        asked for it."""
        if not self._running and not self._wanted:
            self._response_of = {}
        self._wanted.add(response_id)
        self._running.add(response_id)
        self.has_ours = self.has_ours or is_ours

    def takes(self, event: Event) -> bool:
        """Whether an event is of such a response, and so for nobody else, now or at all."""
        response_id = self._of(event)
        if response_id is None:
            return False
        item_id = event.get("item_id") or (event.get("item") or {}).get("id")
        if item_id:
            self._response_of[item_id] = response_id
        if event["type"] == "response.done":
            self._running.discard(response_id)
        if response_id in self._wanted:
            self._kept.append(event)
            self._characters += len(event.get("delta") or "")
        return True

    def has(self, response_id: str | None) -> bool:
        """It is kept back, or was thrown away and runs."""
        return response_id in self._wanted or response_id in self._unwanted

    def is_over(self, response_id: str) -> bool:
        """It has ended; True for one that was thrown away, which is then forgotten."""
        was_unwanted = response_id in self._unwanted
        self._unwanted.discard(response_id)
        return was_unwanted

    def items_of(self, response_id: str) -> list[str]:
        """Its items, as far as they are known."""
        return [item for item, of in self._response_of.items() if of == response_id]

    def release(self) -> list[Event]:
        """They are wanted: all that was kept, in order."""
        kept = self._take()
        for response_id in self._wanted:
            for item_id in self.items_of(response_id):
                del self._response_of[item_id]
        self._running -= self._wanted
        self._wanted = set()
        return kept

    def throw_away(self) -> tuple[list[str], list[Event]]:
        """They are not wanted: those that still run, and the ends of those that do not."""
        running = self._running & self._wanted
        self._unwanted |= running
        self._wanted = set()
        ended = [event for event in self._take() if event["type"] == "response.done"]
        return sorted(running), ended

    def forget_session(self) -> None:
        """The upstream's session is gone, and its responses with it."""
        self._take()
        self._wanted, self._unwanted, self._running = set(), set(), set()
        self._response_of = {}

    def _take(self) -> list[Event]:
        kept, self._kept = self._kept, []
        self._characters = 0
        self.has_ours = False
        return kept

    def _of(self, event: Event) -> str | None:
        """The response that an event is of, if it is one of these."""
        response_id = event.get("response_id") or (event.get("response") or {}).get("id")
        if response_id in self._wanted or response_id in self._unwanted:
            return str(response_id)
        item = event.get("item") or {}
        known = self._response_of.get(event.get("item_id") or item.get("id") or "")
        if known is None and event["type"] == "conversation.item.added" and _is_made(item):
            return next(iter(self._running), None)
        return known


def _is_made(item: Event) -> bool:
    """An item that a response makes; other than those, all are the client's."""
    kind = item.get("type")
    return item.get("role") == "assistant" or kind in ("function_call", "mcp_call")
