"""The log of a call holds what happened, and no sound, secret or prompt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.realtime import eventlog
from chatbot.realtime.eventlog import CUT, EventLog, Logged, body_of
from chatbot.realtime.events import append, dump

DELTA = {"type": "response.output_audio.delta", "item_id": "a1", "delta": "UklGRg=="}


def logged(event: Any) -> Logged:
    """The only line of a log that is told this event."""
    log = EventLog()
    log.note("upstream", event if isinstance(event, str) else dump(event), 1.0)
    log.close()
    [line] = log.take()
    return line


def kept(event: Any) -> dict[str, Any]:
    return body_of(logged(event))[1]


def test_an_event_is_kept_with_its_name_time_and_direction() -> None:
    line = logged({"type": "response.created", "event_id": "e1", "response": {"id": "r1"}})
    assert (line.at, line.source, line.count, line.size) == (1.0, "upstream", 1, 66)
    assert body_of(line) == ("response.created", {"event_id": "e1", "response": {"id": "r1"}})


def test_of_speech_and_deltas_only_number_and_size_are_kept() -> None:
    log = EventLog()
    for at in range(3):
        log.note("browser", b"\0" * 10, at)
        log.note("call", append(b"\0" * 9), at)
        log.note("upstream", dump(DELTA), at)
        log.note("upstream", dump({"event_id": "e1", **DELTA}), at)
        log.note("upstream", dump({"type": "response.output_text.delta", "delta": "sea"}), at)
    log.close()
    lines = {(line.source, line.kind): line for line in log.take()}
    assert {key: (line.count, line.text) for key, line in lines.items()} == {
        ("browser", "input_audio_buffer.append"): (3, ""),
        ("call", "input_audio_buffer.append"): (3, ""),
        ("upstream", "response.output_audio.delta"): (6, ""),
        ("upstream", "response.output_text.delta"): (3, ""),
    }
    assert lines["browser", "input_audio_buffer.append"].size == 30
    assert body_of(lines["upstream", "response.output_text.delta"])[1] == {}


def test_an_event_ends_the_runs_of_its_own_direction_only() -> None:
    log = EventLog()
    log.note("browser", b"1", 1)
    log.note("upstream", dump(DELTA), 2)
    log.note("upstream", dump({"type": "response.done"}), 3)
    log.note("browser", b"2", 4)
    assert [line.kind for line in log.take()] == ["response.output_audio.delta", "response.done"]
    log.close()
    assert [(line.at, line.count) for line in log.take()] == [(1, 2)]


def test_that_an_answer_goes_on_playing_is_counted_and_its_end_told() -> None:
    log = EventLog()
    for state in ("playing", "playing", "paused", "playing", "ended"):
        log.note("browser", dump({"type": "chat.playback", "item_id": "a1", "state": state}), 1.0)
    log.close()
    assert [(line.count, body_of(line)[1].get("state")) for line in log.take()] == [
        (2, None),
        (1, "paused"),
        (1, None),
        (1, "ended"),
    ]


def test_a_long_run_is_told_of_again_and_again() -> None:
    log = EventLog()
    for second in range(150):
        log.note("browser", b"1", second)
    assert [(line.at, line.count) for line in log.take()] == [(0, 61), (61, 61)]


def test_prompts_and_secrets_are_cut_out() -> None:
    told = kept(
        {
            "type": "session.updated",
            "session": {
                "instructions": "Never say Rumpelstiltskin.",
                "tools": [{"type": "mcp", "server_url": "https://x", "authorization": "topsecret"}],
                "prompt": {"id": "pmpt_1"},
                "client_secret": {"value": "ek_123456789"},
                "voice": "alloy",
                "audio": {"input": {"transcription": {"model": "m", "prompt": "Rumpelstiltskin"}}},
            },
        }
    )
    assert told == {
        "session": {
            **dict.fromkeys(("instructions", "tools", "prompt", "client_secret"), CUT),
            "voice": "alloy",
            "audio": {"input": {"transcription": {"model": "m", "prompt": CUT}}},
        }
    }


def test_what_a_client_asks_of_a_response_is_cut_out_too() -> None:
    asked = {"instructions": "Be Rumpelstiltskin.", "tools": [{"name": "x"}], "metadata": {"a": 1}}
    assert kept({"type": "response.create", "response": asked}) == {
        "response": {"instructions": CUT, "tools": CUT, "metadata": {"a": 1}}
    }


def test_an_mcp_servers_tools_are_cut_out() -> None:
    listed = {"id": "m1", "type": "mcp_list_tools", "tools": [{"name": "x"}], "server_label": "s"}
    assert kept({"type": "conversation.item.added", "item": listed}) == {
        "item": {"id": "m1", "type": "mcp_list_tools"}
    }


def test_sound_and_pictures_in_items_are_cut_out() -> None:
    content = [
        {"type": "input_audio", "audio": "UklGRg==", "transcript": "the sea"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
    ]
    told = kept(
        {"type": "conversation.item.create", "item": {"type": "message", "content": content}}
    )
    assert told["item"]["content"] == [
        {"type": "input_audio", "audio": CUT, "transcript": "the sea"},
        {"type": "input_image", "image_url": CUT},
    ]


def test_a_key_in_a_message_is_cut_out() -> None:
    told = kept({"type": "error", "error": {"message": "Incorrect key: sk-proj-ab12****wxyz."}})
    assert told == {"error": {"message": f"Incorrect key: {CUT}."}}


def test_a_large_body_is_shortened() -> None:
    told = kept({"type": "response.done", "response": {"id": "r1", "text": "sea " * 5000}})
    assert told["response"]["id"] == "r1"
    assert len(dump(told)) <= eventlog.MOST_BODY
    many = {
        "type": "response.done",
        "id": "r1",
        **{f"field {n}": ["x" * 30] * 30 for n in range(40)},
    }
    assert kept(many)["id"] == "r1"
    assert len(dump(kept(many))) <= eventlog.MOST_BODY


@pytest.mark.parametrize("frame", ["", "{", "[1]", '{"no": "type"}', '{"type": 3}', "[" * 9000])
def test_what_cannot_be_read_is_named_so(frame: str) -> None:
    assert body_of(logged(frame)) == (eventlog.UNREADABLE, {})


def test_of_a_huge_event_only_the_name_is_kept() -> None:
    line = logged({"type": "conversation.item.create", "item": "x" * eventlog.LARGEST_READ})
    assert (line.text, body_of(line)) == ("", ("conversation.item.create", {}))
    assert line.size > eventlog.LARGEST_READ


def test_what_waits_is_bounded() -> None:
    log = EventLog()
    for _ in range(eventlog.MOST_WAITING + 5):
        log.note("browser", '{"type":"chat.hangup"}', 1.0)
    assert log.dropped == 5
    assert len(log.take()) == eventlog.MOST_WAITING
    for _ in range(20):
        log.note("browser", dump({"type": "x", "text": "y" * (eventlog.LARGEST_READ - 99)}), 1.0)
    assert sum(len(line.text) for line in log.take()) <= eventlog.MOST_CHARACTERS
    assert log.dropped > 5


def test_a_call_cannot_fill_the_disk() -> None:
    log = EventLog()
    lines = 0
    for _ in range(eventlog.MOST_OF_A_CALL + 1):
        log.note("browser", '{"type":"chat.hangup"}', 1.0)
        lines += len(log.take())
    assert (lines, log.dropped) == (eventlog.MOST_OF_A_CALL, 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_of_what_stays_too_large_nothing_is_kept() -> None:
    assert kept({"type": "x", **{f"{n}" * 80: "\1" * 60 for n in range(9)}}) == {CUT: CUT}


@given(st.dictionaries(st.text(), JSON), st.text())
def test_whatever_comes_is_kept_small_and_can_be_stored(event: dict[str, Any], kind: str) -> None:
    name, body = body_of(logged({**event, "type": kind}))
    assert len(name) <= 80
    assert len(dump(body)) <= eventlog.MOST_BODY
    assert "\\u0000" not in json.dumps(body)
