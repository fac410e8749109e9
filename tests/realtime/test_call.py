"""The call as a state machine, fed by hand: what goes where, and what is decided."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chatbot.realtime import policy, problems
from chatbot.realtime.audio import MAX_FRAME_BYTES, bytes_of, to_base64
from chatbot.realtime.call import Call
from chatbot.realtime.context import CONTEXT_CHARACTERS, newest_that_fit
from chatbot.realtime.effects import Connect, Effect, HangUp, Publish, SaveTurn, SaveUsage, Unknown
from chatbot.realtime.held import MAX_HELD_BYTES
from chatbot.realtime.permissions import Permissions
from chatbot.realtime.problems import PERMANENT, Problem
from chatbot.realtime.session import SessionSettings
from chatbot.realtime.turns import Turn

SETTINGS = SessionSettings("Be brief.", "alloy", "gpt-4o-mini-transcribe", 0.5, 300, 500)
FRAME = b"\1\0" * 960


class Harness:
    """A call with its three outlets gathered."""

    def __init__(self, *history: Turn, ready: bool = True) -> None:
        self.call = Call(
            SETTINGS,
            history,
            first_position=len(history),
            permissions=Permissions(frozenset({"voice", "speed", "turn_detection"})),
            new_id=lambda prefix: f"{prefix}_typed",
        )
        self.now = 100.0
        self.to_browser: list[Any] = []
        self.to_upstream: list[dict[str, Any]] = []
        self.effects: list[Effect] = []
        if ready:
            self.call.upstream_opened(self.now)
            self.upstream({"type": "session.updated", "session": {}})
            self.forget()

    def drain(self) -> None:
        for frame in self.call.data_for_browser():
            self.to_browser.append(json.loads(frame) if isinstance(frame, str) else frame)
        self.to_upstream += [json.loads(frame) for frame in self.call.data_for_upstream()]
        self.effects += self.call.effects()

    def forget(self) -> None:
        self.drain()
        self.to_browser, self.to_upstream, self.effects = [], [], []

    def browser(self, frame: bytes | str | dict[str, Any]) -> None:
        text = json.dumps(frame) if isinstance(frame, dict) else frame
        self.call.receive_from_browser(text, self.now)
        self.drain()

    def upstream(self, event: dict[str, Any]) -> None:
        self.call.receive_from_upstream(json.dumps(event), self.now)
        self.drain()

    def answer(self, item_id: str = "a1", response_id: str = "r1", audio_ms: int = 1000) -> None:
        """The upstream begins an answer and sends `audio_ms` of it."""
        self.upstream({"type": "response.created", "response": {"id": response_id}})
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress"}
        self.upstream(
            {"type": "response.output_item.added", "response_id": response_id, "item": item}
        )
        self.upstream(
            {
                "type": "response.output_audio_transcript.delta",
                "response_id": response_id,
                "item_id": item_id,
                "delta": "one two three four",
            }
        )
        self.audio(item_id, response_id, audio_ms)

    def audio(self, item_id: str = "a1", response_id: str = "r1", ms: int = 1000) -> None:
        self.upstream(
            {
                "type": "response.output_audio.delta",
                "response_id": response_id,
                "item_id": item_id,
                "content_index": 0,
                "delta": to_base64(bytes(bytes_of(ms))),
            }
        )

    def answer_ends(
        self, item_id: str = "a1", response_id: str = "r1", status: str = "completed"
    ) -> None:
        item_status = "completed" if status == "completed" else "incomplete"
        item = {"id": item_id, "type": "message", "role": "assistant", "status": item_status}
        self.upstream({"type": "response.output_audio.done", "item_id": item_id})
        self.upstream({"type": "conversation.item.done", "item": item})
        self.upstream(
            {
                "type": "response.done",
                "response": {"id": response_id, "status": status, "output": [item], "usage": None},
            }
        )

    def types(self, frames: list[Any]) -> list[str]:
        return ["audio" if isinstance(frame, bytes) else frame["type"] for frame in frames]

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [e for e in self.to_browser if isinstance(e, dict) and e["type"] == kind]

    def sent(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.to_upstream if event["type"] == kind]

    def saved(self) -> list[Turn]:
        return [turn for turn in self.written() if turn.is_settled]

    def written(self) -> list[Turn]:
        """Rows as they were written, those of turns in flight included."""
        return [effect.turn for effect in self.effects if isinstance(effect, SaveTurn)]

    def hang_up(self) -> HangUp | None:
        return next((effect for effect in self.effects if isinstance(effect, HangUp)), None)


def played(
    ms: int, state: str = "playing", generation: int = 0, item: str = "a1"
) -> dict[str, Any]:
    return {
        "type": "chat.playback",
        "generation": generation,
        "item_id": item,
        "content_index": 0,
        "played_ms": ms,
        "state": state,
    }


SPEECH = {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}


# Opening


def test_a_fresh_session_is_told_the_persona_first() -> None:
    h = Harness(ready=False)
    h.call.upstream_opened(h.now)
    h.drain()
    (update,) = h.to_upstream
    assert update["type"] == "session.update"
    session = update["session"]
    assert session["type"] == "realtime"
    assert session["instructions"] == "Be brief."
    assert session["audio"]["output"]["voice"] == "alloy"
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    detection = session["audio"]["input"]["turn_detection"]
    assert (detection["type"], detection["threshold"]) == ("server_vad", 0.5)
    assert (detection["prefix_padding_ms"], detection["silence_duration_ms"]) == (300, 500)


def test_a_continued_conversation_is_replayed_as_text() -> None:
    cut = Turn("a1", "assistant", text="It is noon, and sunny.", heard_text="It is noon,")
    h = Harness(Turn("u1", "user", text="What is the time?"), cut, ready=False)
    h.call.upstream_opened(h.now)
    h.drain()
    question, answer = (event["item"] for event in h.sent("conversation.item.create"))
    assert question["content"] == [{"type": "input_text", "text": "What is the time?"}]
    assert answer["content"] == [{"type": "output_text", "text": "It is noon,"}]
    h.upstream({"type": "conversation.item.added", "item": question, "previous_item_id": None})
    assert h.to_browser == []  # the echo is not shown twice
    assert h.saved() == []


def test_the_newest_turns_are_replayed_when_not_all_fit() -> None:
    half = "x" * (CONTEXT_CHARACTERS // 2)
    turns = [Turn(str(number), "user", text=half) for number in range(5)]
    assert [turn.item_id for turn in newest_that_fit(turns)] == ["3", "4"]


def test_speech_before_the_session_is_ready_is_kept_in_order() -> None:
    h = Harness(ready=False)
    h.browser(b"\1\0" * 10)
    h.browser({"type": "input_audio_buffer.commit"})
    h.browser(b"\2\0" * 10)
    assert h.to_upstream == []
    h.upstream({"type": "session.updated", "session": {}})
    assert h.types(h.to_upstream) == [
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "input_audio_buffer.append",
    ]
    assert h.told("chat.status")[-1]["state"] == "ready"


def test_no_more_than_fifteen_seconds_are_kept_and_the_newest_of_them() -> None:
    h = Harness(ready=False)
    for number in range(20):
        h.browser(bytes([number, 0]) * (MAX_FRAME_BYTES // 2))
    h.upstream({"type": "session.updated", "session": {}})
    kept = h.sent("input_audio_buffer.append")
    assert len(kept) == MAX_HELD_BYTES // MAX_FRAME_BYTES == 15
    assert kept[-1]["audio"] == to_base64(bytes([19, 0]) * (MAX_FRAME_BYTES // 2))


def test_no_prompt_and_no_tool_reaches_the_browser() -> None:
    h = Harness(ready=False)
    tools = [{"type": "mcp", "server_label": "secret", "authorization": "secret"}]
    session = {"type": "realtime", "instructions": "secret", "tools": tools, "voice": "x"}
    for kind in ("session.created", "session.updated"):
        h.upstream({"type": kind, "session": session})
    assert len(h.told("session.updated")) == 1
    assert "secret" not in json.dumps(h.to_browser)


def change(**output: Any) -> dict[str, Any]:
    session = {"type": "realtime", "audio": {"output": output}}
    return {"type": "session.update", "event_id": "mine", "session": session}


def test_what_the_persona_leaves_to_the_caller_is_forwarded() -> None:
    h = Harness()
    h.browser(change(voice="cedar"))
    (update,) = h.sent("session.update")
    assert update["session"] == {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}


@pytest.mark.parametrize(
    ("session", "code"),
    [
        ({"type": "realtime", "instructions": "Be rude."}, "setting_not_allowed"),
        ({"type": "realtime", "tools": [{"type": "function"}]}, "setting_not_allowed"),
        ({"type": "realtime", "output_modalities": ["text"]}, "setting_not_allowed"),
        ({"type": "realtime", "telepathy": True}, "unknown_parameter"),
        ({"type": "realtime", "audio": {"output": {"speed": 9}}}, "invalid_value"),
    ],
)
def test_a_change_that_is_not_the_callers_is_refused_whole(
    session: dict[str, Any], code: str
) -> None:
    h = Harness()
    h.browser({"type": "session.update", "event_id": "mine", "session": session})
    assert h.to_upstream == []
    (error,) = h.told("chat.error")
    assert (error["code"], error["event_id"], error["fatal"]) == (code, "mine", False)


def test_the_voice_stays_once_it_was_heard() -> None:
    h = Harness()
    h.answer()
    h.browser(change(voice="cedar"))
    assert h.told("chat.error")[0]["code"] == "cannot_update_voice"
    assert h.sent("session.update") == []


def test_a_change_outlives_the_session() -> None:
    h = Harness()
    h.browser(change(speed=1.25))
    h.upstream({"type": "session.updated", "session": {}})
    h.browser(change(speed=0.5))  # never answered: the session breaks off
    h.forget()
    reopen(h)
    h.upstream({"type": "session.updated", "session": {}})
    speeds = [event["session"]["audio"]["output"]["speed"] for event in h.sent("session.update")]
    assert speeds == [1.25, 0.5]


def test_a_change_made_before_the_call_was_ready_outlives_its_first_session() -> None:
    h = Harness(ready=False)
    h.browser(change(speed=1.25))
    h.call.upstream_opened(h.now)
    h.upstream({"type": "session.updated", "session": {}})  # the answer to our own
    assert len(h.sent("session.update")) == 2
    h.upstream({"type": "session.updated", "session": {}})
    h.forget()
    reopen(h)
    assert h.sent("session.update")[0]["session"]["audio"]["output"]["speed"] == 1.25


def test_a_change_that_the_upstream_rejects_is_told_with_the_browsers_own_id() -> None:
    h = Harness()
    h.browser(change(voice="cedar"))
    (update,) = h.sent("session.update")
    error = {"type": "invalid_request_error", "code": "invalid_value"}
    h.upstream({"type": "error", "error": {**error, "event_id": update["event_id"]}})
    assert h.told("chat.error")[0]["event_id"] == "mine"
    reopen(h)
    assert h.sent("session.update")[0]["session"]["audio"]["output"]["voice"] == "alloy"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"turn_detection": "none"}, None),
        (
            {"turn_detection": "semantic_vad", "eagerness": "low"},
            {
                "type": "semantic_vad",
                "eagerness": "low",
                "create_response": True,
                "interrupt_response": True,
            },
        ),
    ],
)
def test_a_persona_chooses_who_ends_a_turn(settings: dict[str, Any], expected: Any) -> None:
    session = replace(SETTINGS, **settings).as_session()
    assert session["audio"]["input"]["turn_detection"] == expected


def test_a_personas_speed_language_and_modality_are_part_of_the_session() -> None:
    settings = replace(SETTINGS, speed=1.5, language="de", output_modality="text")
    session = settings.as_session()
    assert session["audio"]["output"]["speed"] == 1.5
    assert session["audio"]["input"]["transcription"]["language"] == "de"
    assert session["output_modalities"] == ["text"]


def test_push_to_talk_that_was_not_understood_is_committed_again() -> None:
    h = Harness()
    h.browser(
        {
            "type": "session.update",
            "session": {"type": "realtime", "audio": {"input": {"turn_detection": None}}},
        }
    )
    h.upstream({"type": "session.updated", "session": {}})
    for _ in range(3):
        h.browser(FRAME)
    h.browser({"type": "input_audio_buffer.commit"})
    h.browser({"type": "response.create"})
    h.upstream({"type": "input_audio_buffer.committed", "item_id": "u1"})
    h.upstream({"type": "response.created", "response": {"id": "r1"}})
    reopen(h)
    h.forget()
    h.upstream({"type": "session.updated", "session": {}})
    assert h.types(h.to_upstream) == [
        *["input_audio_buffer.append"] * 3,
        "input_audio_buffer.commit",
        "response.create",
    ]


def test_push_to_talk_clears_appends_commits_and_asks() -> None:
    h = Harness()
    h.browser({"type": "input_audio_buffer.clear"})
    h.browser(FRAME)
    h.browser({"type": "input_audio_buffer.commit"})
    h.browser({"type": "response.create"})
    assert h.types(h.to_upstream) == [
        "input_audio_buffer.clear",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "response.create",
    ]


# Relaying


def test_sound_goes_up_as_base64_and_down_as_binary_behind_a_header() -> None:
    h = Harness()
    h.browser(FRAME)
    assert h.sent("input_audio_buffer.append") == [
        {"type": "input_audio_buffer.append", "audio": to_base64(FRAME)}
    ]
    h.answer()
    h.audio()
    header, first, second = h.to_browser[-3:]
    assert header == {
        "type": "chat.audio",
        "response_id": "r1",
        "item_id": "a1",
        "content_index": 0,
        "generation": 0,
    }
    assert first == second == bytes(bytes_of(1000))


def test_captions_go_to_the_other_tabs_and_sound_does_not() -> None:
    h = Harness()
    h.answer()
    published = [effect.event["type"] for effect in h.effects if isinstance(effect, Publish)]
    assert "response.output_audio_transcript.delta" in published
    assert "response.output_audio.delta" not in published


def test_usage_of_responses_and_transcriptions_is_saved() -> None:
    h = Harness()
    h.upstream(
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "u1",
            "transcript": "Hello.",
            "usage": {"type": "duration", "seconds": 1.5},
        }
    )
    h.upstream(
        {
            "type": "response.done",
            "response": {"id": "r1", "status": "cancelled", "usage": {"total_tokens": 5}},
        }
    )
    usage = [effect for effect in h.effects if isinstance(effect, SaveUsage)]
    assert usage == [
        SaveUsage(
            "transcription",
            "u1",
            {"type": "duration", "seconds": 1.5},
            "gpt-4o-mini-transcribe",
        ),
        SaveUsage("response", "r1", {"total_tokens": 5}),
    ]


def test_a_saved_turn_is_told_to_the_page_and_to_the_other_tabs() -> None:
    h = Harness()
    saved = SaveTurn(3, Turn("u1", "user", status="completed", text="Hello."))
    h.call.turn_saved(saved)
    h.drain()
    (told,) = h.told("chat.turn.saved")
    assert (told["item_id"], told["position"], told["status"]) == ("u1", 3, "completed")
    assert Publish(told) in h.effects


# Interrupting


def test_speaking_over_the_answer_truncates_at_what_was_played() -> None:
    h = Harness()
    h.answer(audio_ms=1000)
    h.browser(played(250))
    h.upstream(SPEECH)
    h.browser(played(500, "interrupted"))
    assert h.sent("conversation.item.truncate") == []  # not while the item is being made
    h.answer_ends(status="cancelled")
    assert h.sent("conversation.item.truncate") == [
        {
            "type": "conversation.item.truncate",
            "item_id": "a1",
            "content_index": 0,
            "audio_end_ms": 500,
        }
    ]
    assert [event["response_id"] for event in h.sent("response.cancel")] == ["r1"]
    (told,) = h.told("chat.interrupted")
    assert (told["generation"], told["item_id"], told["heard_ms"]) == (1, "a1", 500)
    answer = h.saved()[-1]
    assert (answer.status, answer.heard_ms, answer.heard_text) == ("interrupted", 500, "one two")


def test_an_answer_that_is_made_already_is_truncated_at_once() -> None:
    h = Harness()
    h.answer(audio_ms=1000)
    h.answer_ends()
    h.upstream(SPEECH)
    h.browser(played(300, "interrupted"))
    assert [event["audio_end_ms"] for event in h.sent("conversation.item.truncate")] == [300]
    assert h.saved()[-1].status == "interrupted"


def test_truncation_never_exceeds_what_was_received() -> None:
    h = Harness()
    h.answer(audio_ms=1000)
    h.upstream(SPEECH)
    h.browser(played(9999, "interrupted"))
    h.answer_ends(status="cancelled")
    assert [event["audio_end_ms"] for event in h.sent("conversation.item.truncate")] == [1000]


def test_an_answer_of_which_nothing_was_heard_is_deleted_upstream_and_kept_here() -> None:
    h = Harness()
    h.answer()
    h.answer_ends()
    h.upstream(SPEECH)
    h.browser(played(0, "interrupted"))
    assert h.sent("conversation.item.truncate") == []
    assert h.sent("conversation.item.delete") == [
        {"type": "conversation.item.delete", "item_id": "a1"}
    ]
    h.upstream({"type": "conversation.item.deleted", "item_id": "a1"})
    answer = h.saved()[-1]
    assert (answer.status, answer.text, answer.heard_text) == (
        "interrupted",
        "one two three four",
        "",
    )


def test_an_answer_heard_to_its_end_is_not_interrupted_by_the_next_question() -> None:
    h = Harness()
    h.answer()
    h.answer_ends()
    h.browser(played(1000, "ended"))
    h.upstream(SPEECH)
    assert h.told("chat.interrupted") == []
    assert [turn.status for turn in h.saved()] == ["completed"]


def test_late_sound_of_a_cancelled_answer_is_never_sent() -> None:
    h = Harness()
    h.answer()
    h.upstream(SPEECH)
    h.browser(played(100, "interrupted"))
    h.forget()
    h.audio()
    assert h.to_browser == []
    h.answer_ends(status="cancelled")
    h.answer("a2", "r2")
    assert h.told("chat.audio")[0]["generation"] == 1


def test_a_browser_that_does_not_report_is_not_waited_for() -> None:
    h = Harness()
    h.answer()
    h.browser(played(250))
    h.upstream(SPEECH)
    h.answer_ends(status="cancelled")  # by an upstream that interrupts by itself
    h.call.tick(h.now + 0.5)
    h.drain()
    assert [event["item_id"] for event in h.told("chat.interrupted")] == [None]
    h.call.tick(h.now + 0.8)
    h.drain()
    assert [event["heard_ms"] for event in h.told("chat.interrupted")[1:]] == [250]
    assert [event["audio_end_ms"] for event in h.sent("conversation.item.truncate")] == [250]
    h.browser(played(400, "interrupted"))  # too late, and of an older generation
    assert len(h.sent("conversation.item.truncate")) == 1


def test_the_interrupt_button_cancels_and_truncates() -> None:
    h = Harness()
    h.answer()
    h.browser({**played(400), "type": "chat.interrupt"})
    assert h.sent("response.cancel") == [{"type": "response.cancel", "response_id": "r1"}]
    h.answer_ends(status="cancelled")
    assert [event["audio_end_ms"] for event in h.sent("conversation.item.truncate")] == [400]


def test_played_time_is_counted_for_each_item() -> None:
    h = Harness()
    h.answer("a1", "r1", audio_ms=1000)
    h.answer_ends("a1", "r1")
    h.browser(played(1000, "ended"))
    h.answer("a2", "r2", audio_ms=800)
    h.upstream(SPEECH)
    h.browser(played(200, "interrupted", item="a2"))
    h.answer_ends("a2", "r2", "cancelled")
    assert [(e["item_id"], e["audio_end_ms"]) for e in h.sent("conversation.item.truncate")] == [
        ("a2", 200)
    ]


def test_what_was_not_played_when_the_call_ends_was_not_heard() -> None:
    h = Harness()
    h.answer(audio_ms=1000)
    h.answer_ends()
    h.browser(played(500))
    h.call.hang_up(1001, "gone", h.now)
    h.drain()
    assert h.saved()[-1].heard_text == "one two"
    assert h.hang_up() == HangUp(1001, "gone")
    assert isinstance(h.effects[-1], HangUp)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (played(-1), "invalid_value"),
        (played(10**9), "invalid_value"),
        ({**played(5), "played_ms": "5"}, "invalid_value"),
        ({**played(5), "played_ms": float("nan")}, "invalid_value"),
        ({**played(5), "item_id": 7}, "invalid_value"),
        ({**played(5), "generation": -1}, "invalid_value"),
        (played(5, state="flying"), "invalid_value"),
        ({**played(-5), "type": "chat.interrupt"}, "invalid_value"),
        (
            {"type": "chat.interrupt", "generation": 0, "item_id": "a1"},
            "missing_required_parameter",
        ),
        ({"type": "response.cancel"}, "response_cancel_not_active"),
        ({"type": "response.cancel", "response_id": "r1"}, "unknown_parameter"),
        ({"type": "response.create", "response": {"instructions": "x"}}, "setting_not_allowed"),
        ({"type": "response.create", "response": "x"}, "setting_not_allowed"),
        ({"type": "response.create", "instructions": "x"}, "unknown_parameter"),
        ({"type": "input_audio_buffer.commit", "audio": "AAAA"}, "unknown_parameter"),
        ({"type": "chat.tool.answer", "call_id": "x", "approved": True}, "invalid_tool_call_id"),
        (
            {"type": "session.update", "session": {"type": "realtime", "model": "gpt"}},
            "setting_not_allowed",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "instructions": ""}},
            "setting_not_allowed",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "tracing": None}},
            "setting_not_allowed",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_told_with_the_pages_own_id(
    event: dict[str, Any], code: str
) -> None:
    h = Harness()
    h.browser({**event, "event_id": "mine"})
    (error,) = h.told("chat.error")
    assert (error["code"], error["event_id"], error["fatal"]) == (code, "mine", False)
    assert h.to_upstream == []


def test_an_answer_that_is_asked_for_runs_or_plays_can_be_stopped() -> None:
    for stage in ("asked for", "runs", "plays"):
        h = Harness()
        if stage == "asked for":
            h.browser({"type": "response.create"})
        else:
            h.answer()
        if stage == "plays":
            h.answer_ends()
        h.browser({"type": "response.cancel"})
        assert h.told("chat.error") == []


def test_more_than_was_sent_counts_as_all_that_was_sent() -> None:
    h = Harness()
    h.answer(audio_ms=1000)
    h.browser({**played(5000), "type": "chat.interrupt"})
    assert h.told("chat.interrupted")[0]["heard_ms"] == 1000


# Typing


def typed(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {
        "type": "conversation.item.create",
        "event_id": "mine",
        "item": {"type": "message", "role": "user", "content": content},
    }


def test_typed_text_is_added_and_answered() -> None:
    h = Harness()
    h.browser(typed("  Hello.  "))
    h.browser({"type": "response.create", "response": {}})
    create, response = h.to_upstream
    assert create["item"] == {
        "id": "item_typed",
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hello."}],
    }
    assert response == {"type": "response.create", "event_id": "event_typed"}


def test_what_was_typed_is_shown_and_stored_before_the_upstream_has_it() -> None:
    h = Harness()
    h.browser(typed("Hello."))
    h.browser({"type": "chat.hangup"})
    (row,) = h.saved()
    assert (row.role, row.modality, row.status, row.text) == ("user", "text", "completed", "Hello.")
    assert [event["item"]["id"] for event in h.told("conversation.item.added")] == [row.item_id]
    h.upstream({**h.told("conversation.item.added")[0], "previous_item_id": "root"})
    assert len(h.saved()) == 1


@pytest.mark.parametrize("when", ["before", "between", "lost"])
def test_what_was_typed_reaches_the_next_session_once(when: str) -> None:
    h = Harness(ready=False)
    if when != "before":
        h.call.upstream_opened(h.now)
        h.upstream({"type": "session.updated", "session": {}})
    if when == "between":
        h.call.upstream_lost(LOST, h.now, 0.5)
    h.forget()
    h.browser(typed("Hello."))
    h.browser({"type": "response.create"})
    if when == "lost":  # before the upstream has said that it has it
        h.call.upstream_lost(LOST, h.now, 0.5)
        h.forget()
    h.call.upstream_opened(h.now)
    h.upstream({"type": "session.updated", "session": {}})
    assert len(h.sent("conversation.item.create")) == 1
    assert h.types(h.to_upstream)[-1] == "response.create"


def test_typing_over_an_answer_stops_it_and_waits_for_its_end() -> None:
    h = Harness()
    h.answer()
    h.browser(played(300))
    h.browser(typed("Wait."))
    h.browser({"type": "response.create"})
    assert h.types(h.to_upstream) == ["response.cancel", "conversation.item.create"]
    h.answer_ends(status="cancelled")
    assert h.types(h.to_upstream)[2:] == ["conversation.item.truncate", "response.create"]
    assert h.told("chat.interrupted")[0]["heard_ms"] == 300


def test_two_wishes_for_an_answer_are_one_request() -> None:
    h = Harness()
    h.browser({"type": "response.create"})
    h.browser({"type": "response.create"})
    assert len(h.sent("response.create")) == 1
    h.answer()
    h.answer_ends()
    assert len(h.sent("response.create")) == 2
    h.answer("a2", "r2")
    h.answer_ends("a2", "r2")
    assert len(h.sent("response.create")) == 2


def test_an_answer_that_was_there_already_is_waited_for() -> None:
    h = Harness()
    h.browser({"type": "response.create"})
    error = {"type": "invalid_request_error", "code": "conversation_already_has_active_response"}
    h.upstream({"type": "error", "error": error})
    assert h.told("chat.error") == []
    h.upstream({"type": "response.done", "response": {"id": "r0", "status": "completed"}})
    assert len(h.sent("response.create")) == 2


# Bad input


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "invalid_json"),
        ("[" * 100_000, "message_too_large"),
        ("[" * 60_000, "invalid_json"),
        ("[]", "invalid_event"),
        ('{"type": 3}', "invalid_event"),
        ('{"type": "session.update", "session": {}}', "missing_required_parameter"),
        ('{"type": "session.update"}', "missing_required_parameter"),
        ('{"type": "conversation.item.truncate"}', "event_not_allowed"),
        ('{"type": "no.such.event"}', "event_not_allowed"),
        ('{"type": "conversation.item.create"}', "missing_required_parameter"),
        ('{"type": "conversation.item.create", "item": 5}', "invalid_value"),
        ('{"type": "chat.playback", "state": "playing"}', "missing_required_parameter"),
        (b"", "empty_audio_frame"),
        (b"\1", "odd_audio_frame"),
        (bytes(MAX_FRAME_BYTES + 2), "audio_frame_too_large"),
    ],
)
def test_bad_frames_get_an_error_and_the_call_goes_on(frame: str | bytes, code: str) -> None:
    h = Harness()
    h.browser(frame)
    (error,) = h.told("chat.error")
    assert error["code"] == code
    assert error["fatal"] is False
    assert error["message"].endswith(".")
    assert h.to_upstream == []
    h.browser(FRAME)
    assert len(h.to_upstream) == 1


@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "x"}]},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": ""}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": " "}]},
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "x" * (policy.MAX_TYPED_TEXT + 1)}],
        },
    ],
)
def test_only_the_users_own_words_can_be_typed(item: dict[str, Any]) -> None:
    h = Harness()
    h.browser({"type": "conversation.item.create", "event_id": "mine", "item": item})
    assert h.to_upstream == []
    assert h.told("chat.error")[0]["event_id"] == "mine"


def test_an_unknown_upstream_event_breaks_nothing() -> None:
    h = Harness()
    h.upstream({"type": "response.telepathy.delta", "delta": "hm"})
    h.call.receive_from_upstream("no json", h.now)
    h.upstream({"type": "response.output_audio.delta", "response_id": "r1"})
    h.drain()
    assert h.hang_up() is None
    h.browser(FRAME)
    assert len(h.sent("input_audio_buffer.append")) == 1


def test_unknown_events_are_counted() -> None:
    h = Harness()
    h.upstream({"type": "response.telepathy.delta", "delta": "hm"})
    assert Unknown("response.telepathy.delta") in h.effects


def test_more_speech_than_a_person_can_say_is_refused_and_the_rest_goes_on() -> None:
    h = Harness()
    second = bytes(MAX_FRAME_BYTES)
    for _ in range(31):
        h.browser(second)
    assert len(h.sent("input_audio_buffer.append")) == 30
    assert [(e["code"], e["retry_after"]) for e in h.told("chat.error")] == [("rate_limited", 0.5)]
    h.now += 0.5
    h.browser(second)
    assert len(h.sent("input_audio_buffer.append")) == 31


def test_typing_faster_than_anybody_is_refused() -> None:
    h = Harness()
    for _ in range(11):
        h.browser(typed("Hello."))
    assert len(h.sent("conversation.item.create")) == 10
    (error,) = h.told("chat.error")
    assert (error["code"], error["event_id"]) == ("rate_limited", "mine")


def test_a_page_that_sends_nothing_but_nonsense_is_let_go() -> None:
    h = Harness()
    for _ in range(100):
        h.browser("{")
    assert h.hang_up() is None
    h.browser("{")
    assert h.hang_up() == HangUp(4429, "too_many_bad_messages")


# Failures of the upstream


@pytest.mark.parametrize(
    ("code", "is_fatal"),
    [
        ("invalid_api_key", True),
        ("invalid_model", True),
        ("insufficient_quota", True),
        ("rate_limit_exceeded", False),
        ("never_heard_of", False),
    ],
)
def test_an_upstream_error_is_a_sentence_without_its_own_text(code: str, is_fatal: bool) -> None:
    h = Harness()
    error = {"type": "invalid_request_error", "code": code, "message": "key sk-...abcd is wrong"}
    h.upstream({"type": "error", "error": error})
    (told,) = h.told("chat.error")
    assert told["code"] == code
    assert "abcd" not in told["message"]
    assert told["fatal"] is is_fatal
    assert (h.hang_up() is not None) is is_fatal


@pytest.mark.parametrize(
    "code",
    ["response_cancel_not_active", "input_audio_buffer_commit_empty", "session_expired"],
)
def test_a_lost_race_is_not_the_users_business(code: str) -> None:
    h = Harness()
    h.upstream({"type": "error", "error": {"type": "invalid_request_error", "code": code}})
    assert h.to_browser == []


def test_a_session_that_is_refused_ends_the_call() -> None:
    h = Harness(ready=False)
    h.call.upstream_opened(h.now)
    error = {"type": "invalid_request_error", "code": "unknown_parameter"}
    h.upstream({"type": "error", "error": error})
    assert h.told("chat.error")[0]["fatal"] is True
    assert h.hang_up() == HangUp(1013, "unknown_parameter")


def test_a_failed_response_is_told() -> None:
    h = Harness()
    h.upstream({"type": "response.created", "response": {"id": "r1"}})
    details = {"type": "failed", "error": {"code": "rate_limit_exceeded"}}
    done = {"id": "r1", "status": "failed", "status_details": details}
    h.upstream({"type": "response.done", "response": done})
    assert h.told("chat.error")[0]["code"] == "rate_limit_exceeded"
    assert h.hang_up() is None


def test_an_answer_without_a_word_is_told() -> None:
    h = Harness()
    h.upstream({"type": "response.created", "response": {"id": "r1"}})
    done = {"id": "r1", "status": "completed", "output": []}
    h.upstream({"type": "response.done", "response": done})
    assert h.told("chat.error")[0]["code"] == "empty_answer"


def test_nothing_counts_after_the_hang_up() -> None:
    h = Harness()
    h.call.fail(Problem("upstream_lost", "Gone.", 1013), h.now)
    h.forget()
    h.browser(FRAME)
    h.upstream(SPEECH)
    h.call.hang_up(1000, "again", h.now)
    h.drain()
    assert (h.to_browser, h.to_upstream, h.effects) == ([], [], [])


# A session that is lost

LOST = Problem("upstream_lost", "Gone.", 1013)


def test_a_lost_session_is_opened_again_at_once_and_the_page_is_told() -> None:
    h = Harness()
    h.call.upstream_lost(LOST, h.now, 0.5)
    h.drain()
    assert Connect(0.0) in h.effects
    assert h.told("chat.status")[-1]["state"] == "reconnecting"
    assert h.hang_up() is None
    h.call.upstream_opened(h.now)
    h.upstream({"type": "session.updated", "session": {}})
    assert h.told("chat.status")[-1]["state"] == "ready"


def test_the_page_is_told_what_ended_with_a_session_that_is_lost() -> None:
    h = Harness()
    h.upstream({"type": "input_audio_buffer.speech_started", "item_id": "u1"})
    h.call.upstream_lost(LOST, h.now, 0.5)
    h.drain()
    assert [event["item_id"] for event in h.told("conversation.item.deleted")] == ["u1"]
    h = Harness()
    h.answer()
    h.call.upstream_lost(LOST, h.now, 0.5)
    h.drain()
    (done,) = h.told("response.done")
    assert (done["response"]["id"], done["response"]["status"]) == ("r1", "cancelled")


def said_while_waiting(h: Harness) -> list[tuple[str, str]]:
    return [(event["state"], event["message"]) for event in h.told("chat.status")]


def test_an_engine_that_loads_is_waited_for_in_words_that_fit_the_call() -> None:
    h = Harness(ready=False)
    for _ in range(3):
        h.call.upstream_is("loading")
    h.drain()
    assert said_while_waiting(h) == [("connecting", problems.LOADING)]
    h = Harness()
    h.call.upstream_lost(LOST, h.now, 0.5)
    h.call.upstream_is("loading")
    h.drain()
    assert said_while_waiting(h) == [
        ("reconnecting", problems.RECONNECTING),
        ("reconnecting", problems.LOADING_AGAIN),
    ]
    assert "goes on" in problems.LOADING_AGAIN


def test_who_speaks_for_longer_than_is_kept_is_told_so_once() -> None:
    h = Harness()
    h.call.upstream_lost(LOST, h.now, 0.5)
    second = bytes(MAX_FRAME_BYTES)
    for _ in range(MAX_HELD_BYTES // MAX_FRAME_BYTES):
        h.browser(second)
    assert said_while_waiting(h) == [("reconnecting", problems.RECONNECTING)]
    for _ in range(3):
        h.browser(second)
        h.call.upstream_is("slow")
    assert said_while_waiting(h)[1:] == [("reconnecting", problems.LETTING_GO)]
    reopen(h)
    h.upstream({"type": "session.updated", "session": {}})
    h.forget()
    h.call.upstream_lost(LOST, h.now, 0.5)
    h.drain()
    assert said_while_waiting(h) == [("reconnecting", problems.RECONNECTING)]


def test_attempts_come_further_and_further_apart_until_the_call_is_given_up() -> None:
    h = Harness()
    delays: list[float] = []
    while h.hang_up() is None:
        h.effects = []
        h.call.upstream_lost(LOST, h.now, 1.0)
        h.drain()
        delays += [effect.delay_s for effect in h.effects if isinstance(effect, Connect)]
        h.now += delays[-1]
    assert delays[:4] == [0.0, 0.4, 0.8, 1.6]
    assert max(delays) == 5.0
    assert 20 < sum(delays) <= 30
    assert h.hang_up() == HangUp(1013, "upstream_lost")


def lost_every_five_seconds(h: Harness, *, answered: bool) -> list[float]:
    """A minute of sessions that open and drop; how long was waited before each attempt."""
    delays: list[float] = []
    for number in range(12):
        h.effects = []
        h.call.upstream_lost(LOST, h.now, 1.0)
        h.drain()
        delays += [effect.delay_s for effect in h.effects if isinstance(effect, Connect)]
        h.call.upstream_opened(h.now)
        h.upstream({"type": "session.updated", "session": {}})
        h.now += 5
        if answered:
            h.answer(f"a{number}", f"r{number}")
            h.answer_ends(f"a{number}", f"r{number}")
    return delays


def test_a_session_that_has_answered_makes_good_for_the_attempts_before_it() -> None:
    h = Harness()
    assert lost_every_five_seconds(h, answered=True) == [0.0] * 12
    assert h.hang_up() is None


def test_a_session_that_only_opens_does_not() -> None:
    h = Harness()
    assert lost_every_five_seconds(h, answered=False) == [0.0, 0.4, 0.8, 1.6, 3.2, 5.0]
    assert h.call.is_over


def test_an_upstream_that_falls_silent_is_told_of_once_and_that_it_is_back() -> None:
    h = Harness()
    h.call.upstream_is("there")
    for _ in range(3):
        h.call.upstream_is("slow")
    h.drain()
    assert said_while_waiting(h) == [("reconnecting", problems.SLOW)]
    h.forget()
    for _ in range(3):
        h.call.upstream_is("there")
    h.drain()
    assert said_while_waiting(h) == [("ready", problems.READY)]


def test_an_upstream_that_responds_before_its_session_is_there_is_still_slow() -> None:
    h = Harness(ready=False)
    h.call.upstream_is("slow")
    h.call.upstream_is("there")
    h.drain()
    assert said_while_waiting(h) == [("connecting", problems.SLOW)]


def test_a_call_that_never_was_ready_fails_soon() -> None:
    h = Harness(ready=False)
    began = h.now
    while h.hang_up() is None:
        h.effects = []
        h.call.upstream_lost(LOST, h.now, 1.0)
        h.drain()
        h.now += sum(effect.delay_s for effect in h.effects if isinstance(effect, Connect))
    assert h.now - began < 2


@pytest.mark.parametrize("code", sorted(PERMANENT))
def test_what_will_not_pass_is_not_tried_again(code: str) -> None:
    h = Harness()
    h.call.upstream_lost(Problem(code, "No.", 1013), h.now, 0.5)
    h.drain()
    assert h.hang_up() == HangUp(1013, code)


def said(h: Harness, item_id: str, text: str) -> None:
    h.upstream({"type": "input_audio_buffer.speech_started", "item_id": item_id})
    h.upstream({"type": "input_audio_buffer.committed", "item_id": item_id})
    h.upstream(
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": item_id,
            "transcript": text,
        }
    )


def reopen(h: Harness) -> None:
    h.call.upstream_lost(LOST, h.now, 0.5)
    h.forget()
    h.call.upstream_opened(h.now)
    h.drain()


def test_the_new_session_is_told_what_was_said_in_this_call_too() -> None:
    h = Harness(Turn("s1", "user", text="Yesterday."))
    said(h, "u1", "Hello.")
    h.answer()
    h.answer_ends()
    h.browser(played(1000, "ended"))
    reopen(h)
    replayed = [event["item"]["id"] for event in h.sent("conversation.item.create")]
    assert replayed == ["s1", "u1", "a1"]
    h.upstream({"type": "session.updated", "session": {}})
    assert h.sent("response.create") == []
    said(h, "u2", "Again.")
    h.upstream({"type": "input_audio_buffer.committed", "item_id": "u2", "previous_item_id": "a1"})
    positions = {e.turn.item_id: e.position for e in h.effects if isinstance(e, SaveTurn)}
    assert positions == {"u2": 3}


def test_words_not_understood_yet_are_said_again_to_the_new_session() -> None:
    h = Harness()
    h.browser(FRAME)
    h.upstream({"type": "input_audio_buffer.speech_started", "item_id": "u1"})
    for _ in range(100):  # four seconds
        h.browser(FRAME)
    reopen(h)
    h.browser(b"\2\0" * 960)
    assert h.sent("input_audio_buffer.append") == []
    h.upstream({"type": "session.updated", "session": {}})
    again = h.sent("input_audio_buffer.append")
    assert len(again) == 102
    assert again[-1]["audio"] == to_base64(b"\2\0" * 960)
    assert h.saved() == []  # the turn begins anew


def test_of_silence_only_a_second_is_said_again() -> None:
    h = Harness()
    for _ in range(100):
        h.browser(FRAME)
    reopen(h)
    h.upstream({"type": "session.updated", "session": {}})
    assert len(h.sent("input_audio_buffer.append")) == 25


def test_what_is_said_after_a_loss_is_shown_behind_all_that_was_said_before() -> None:
    h = Harness()
    said(h, "u1", "Tell me a story.")
    h.answer()
    h.browser(played(0, "playing"))
    reopen(h)
    h.upstream({"type": "session.updated", "session": {}})
    item = {"id": "u2", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
    h.upstream({"type": "conversation.item.added", "item": item, "previous_item_id": "u1"})
    assert h.told("conversation.item.added")[-1]["previous_item_id"] == "a1"


def test_an_answer_cut_off_by_the_loss_is_kept_as_interrupted() -> None:
    h = Harness()
    said(h, "u1", "Tell me a story.")
    h.answer()
    h.call.upstream_lost(LOST, h.now, 0.5)
    h.drain()
    assert [(turn.item_id, turn.status) for turn in h.saved()] == [
        ("u1", "completed"),
        ("a1", "interrupted"),
    ]
    done = h.told("response.done")[-1]["response"]
    assert (done["id"], done["status"]) == ("r1", "cancelled")
    h.call.upstream_opened(h.now)
    h.upstream({"type": "session.updated", "session": {}})
    assert h.sent("response.create") == []
    h.upstream({**SPEECH, "item_id": "u2"})
    h.browser(played(400, "interrupted"))
    assert h.sent("conversation.item.truncate") == []  # it is text in the new session
    assert h.saved()[-1].heard_ms == 400


def test_a_question_without_a_sound_of_an_answer_is_asked_again() -> None:
    h = Harness()
    said(h, "u1", "What is the time?")
    h.upstream({"type": "response.created", "response": {"id": "r1"}})
    reopen(h)
    assert h.sent("response.create") == []
    h.upstream({"type": "session.updated", "session": {}})
    assert len(h.sent("response.create")) == 1


def test_an_old_session_is_left_at_a_quiet_moment() -> None:
    h = Harness()
    h.answer()
    h.now += 56 * 60
    h.call.tick(h.now)
    h.drain()
    assert Connect(0.0) not in h.effects  # an answer runs
    h.answer_ends()
    h.browser(played(1000, "ended"))
    h.call.tick(h.now)
    h.drain()
    assert h.effects.count(Connect(0.0)) == 1
    assert h.hang_up() is None
    h.call.tick(h.now)
    h.drain()
    assert h.effects.count(Connect(0.0)) == 1


def test_an_old_session_is_left_in_the_end_whatever_goes_on() -> None:
    h = Harness()
    h.answer()
    h.now += 59 * 60 + 1
    h.call.tick(h.now)
    h.drain()
    assert Connect(0.0) in h.effects
    assert h.saved()[-1].status == "interrupted"


def test_the_latency_that_a_user_felt_counts_from_the_end_of_the_words() -> None:
    h = Harness()
    h.upstream({"type": "input_audio_buffer.speech_started", "item_id": "u1"})
    h.now += 2
    h.upstream({"type": "input_audio_buffer.speech_stopped", "item_id": "u1"})
    h.upstream({"type": "input_audio_buffer.committed", "item_id": "u1"})
    h.now += 0.4
    h.answer()
    h.answer_ends()
    answer = h.saved()[-1]
    assert answer.latency_ms == 900  # 400 ms, and the 500 ms of silence that ended the turn
    assert answer.first_audio_at == h.now
