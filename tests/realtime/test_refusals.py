"""Events of a page that cannot be taken: the code, the sentence, and the page's own id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.test_call import Harness, typed

MESSAGE = typed("Hello.")["item"]


def item(**changes: Any) -> dict[str, Any]:
    """A typed message with fields that are changed, or left out (None)."""
    fields = {name: value for name, value in {**MESSAGE, **changes}.items() if value is not None}
    return {"type": "conversation.item.create", "item": fields}


@pytest.mark.parametrize(
    ("event", "code", "named"),
    [
        ({"type": "chat.ping", "id": "x"}, "invalid_value", "'id'"),
        ({"type": "chat.ping", "id": 1.5}, "invalid_value", "'id'"),
        ({"type": "chat.ping"}, "missing_required_parameter", "'id'"),
        ({"type": "conversation.item.create"}, "missing_required_parameter", "'item'"),
        (item(content=None), "missing_required_parameter", "'item.content'"),
        (item(content="Hello."), "invalid_value", "'item.content'"),
        (
            item(content=[{"type": "input_text", "text": None}]),
            "invalid_value",
            "'item.content[0].text'",
        ),
        (item(role="system"), "invalid_value", "'item.role'"),
        ({**typed("x"), "previous_item_id": "a1"}, "unknown_parameter", "'previous_item_id'"),
        ({"type": "session.update", "session": "x"}, "invalid_value", "'session'"),
        ({"type": "session.update"}, "missing_required_parameter", "'session'"),
        ({}, "invalid_event", "a type"),
        ({"type": 3}, "invalid_event", "a type"),
    ],
    ids=str,
)
def test_a_refusal_says_which_field_and_why(event: dict[str, Any], code: str, named: str) -> None:
    h = Harness()
    h.browser({**event, "event_id": "mine"})
    (error,) = h.told("chat.error")
    assert (error["code"], error["event_id"]) == (code, "mine")
    assert named in error["message"]
    assert h.to_upstream == []
