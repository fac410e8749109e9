"""Responses beside the conversation, asked for with `conversation: "none"`: they are no turns."""

from __future__ import annotations

from collections.abc import Container

from chatbot.realtime.events import Event


class OutOfBand:
    """Their items, known by the response's `conversation_id: null` and by never being added."""

    def __init__(self) -> None:
        self.items: set[str] = set()
        self._responses: set[str] = set()

    def see(self, event: Event, turns: Container[str]) -> None:
        """Learn from the next event; items in `turns` are part of the conversation already."""
        kind = event["type"]
        if kind in ("response.created", "response.done"):
            response = event["response"]
            if response.get("conversation_id", "not said") is None:
                self._responses.add(response["id"])
                self._leave_out(response.get("output") or [], turns)
        elif kind == "response.output_item.added" and event["response_id"] in self._responses:
            self._leave_out([event["item"]], turns)
        elif kind == "conversation.item.added":
            self.items.discard(event["item"]["id"])

    def _leave_out(self, items: list[Event], turns: Container[str]) -> None:
        self.items.update(item["id"] for item in items if item["id"] not in turns)
