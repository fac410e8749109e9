"""Much sound in one event, and nothing else that is large."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatbot.realtime.audio import to_base64
from chatbot.realtime.events import BadEvent
from chatbot.realtime.large_events import MAX_APPEND, MAX_EVENT, parse

SOUND = to_base64(bytes(range(256)) * 8192)
APPEND = {"type": "input_audio_buffer.append", "event_id": "mine", "audio": SOUND}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(APPEND),
        json.dumps(dict(reversed(APPEND.items())), indent=2),
        json.dumps(APPEND).replace("/", "\\/"),
    ],
)
def test_an_append_of_megabytes_is_read_whole(text: str) -> None:
    assert len(text) > MAX_EVENT
    assert parse(text) == APPEND


@pytest.mark.parametrize(
    "event",
    [
        {**APPEND, "audio": "A" * MAX_APPEND},
        {"type": "conversation.item.create", "audio": SOUND},
        {"type": "input_audio_buffer.append", "session": {"audio": SOUND}},
        {**APPEND, "audio": [SOUND]},
        {**APPEND, "padding": "x" * MAX_EVENT},
        {"type": "input_audio_buffer.append", "padding": ["audio", SOUND]},
        {"type": "session.update", "session": {"instructions": "x" * MAX_EVENT}},
        {"type": "x", "list": [{}] * 400_000},
    ],
    ids=lambda event: str(event)[:60],
)
def test_nothing_else_may_be_as_large(event: dict[str, Any]) -> None:
    with pytest.raises(BadEvent) as refused:
        parse(json.dumps(event))
    assert refused.value.code == "message_too_large"


def test_what_is_no_json_stays_none() -> None:
    with pytest.raises(BadEvent) as refused:
        parse('{"audio": "' + SOUND)
    assert refused.value.code == "message_too_large"
    with pytest.raises(BadEvent) as refused:
        parse('{"audio": "' + SOUND + '"')
    assert refused.value.code == "invalid_json"
