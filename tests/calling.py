"""A scripted upstream whose model calls tools."""

from __future__ import annotations

import json
from typing import Any

from tests.scripted import Event, Session


def function_call(call_id: str, name: str, arguments: dict[str, Any], status: str) -> Event:
    return {
        "id": f"item_{call_id}",
        "type": "function_call",
        "call_id": call_id,
        "name": name,
        "arguments": json.dumps(arguments) if status != "in_progress" else "",
        "status": status,
    }


async def call_tools(
    session: Session,
    calls: dict[str, tuple[str, dict[str, Any]]],
    previous: str = "u1",
    response_id: str = "r1",
    status: str | None = "completed",
) -> None:
    """A response that calls tools: call id -> name, arguments. With status None it goes on."""
    await session.emit({"type": "response.created", "response": {"id": response_id}})
    items = []
    for index, (call_id, (name, arguments)) in enumerate(calls.items()):
        begun = function_call(call_id, name, arguments, "in_progress")
        item = function_call(call_id, name, arguments, "completed")
        items.append(item)
        at = {"response_id": response_id, "output_index": index}
        place = {"previous_item_id": previous}
        await session.emit(
            {"type": "response.output_item.added", **at, "item": begun},
            {"type": "conversation.item.added", **place, "item": begun},
            {
                "type": "response.function_call_arguments.done",
                **at,
                "item_id": item["id"],
                "call_id": call_id,
                "name": name,
                "arguments": item["arguments"],
            },
            {"type": "conversation.item.done", **place, "item": item},
            {"type": "response.output_item.done", **at, "item": item},
        )
        previous = item["id"]
    if status is not None:
        response = {"id": response_id, "status": status, "output": items, "usage": None}
        await session.emit({"type": "response.done", "response": response})


async def take_output(session: Session, previous: str) -> Event:
    """The next output of a tool, put into the conversation."""
    item: Event = (await session.expect("conversation.item.create"))["item"]
    assert item["type"] == "function_call_output", item
    for kind in ("added", "done"):
        await session.emit(
            {"type": f"conversation.item.{kind}", "item": item, "previous_item_id": previous}
        )
    return item
