"""The call of a Realtime client, without sockets: what goes up, what comes down, what is stored."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from chatbot.models import USER_SETTINGS
from chatbot.realtime import large_events, policy
from chatbot.realtime.audio import to_base64
from chatbot.realtime.effects import (
    Connect,
    Effect,
    HangUp,
    Publish,
    SaveTurn,
    SaveUsage,
    Told,
    Unknown,
)
from chatbot.realtime.gateway import GatewayCall
from chatbot.realtime.permissions import Permissions
from chatbot.realtime.policy import Decision
from chatbot.realtime.problems import UPSTREAM_UNAVAILABLE, Problem
from chatbot.realtime.session import SessionSettings
from chatbot.realtime.turns import Turn
from tests.engine.protocol import check

Event = dict[str, Any]
PERSONA = SessionSettings("Keep the secret.", "alloy", "whisper-1")
ALL = Permissions(frozenset(USER_SETTINGS), may_instruct=True)
LOST = Problem("upstream_lost", "Lost.", UPSTREAM_UNAVAILABLE)
ROLL = {"type": "function", "name": "roll", "parameters": {"type": "object"}}


class Desk:
    """A call, fed by hand; `told` and `sent` are what the client and the upstream got since."""

    def __init__(self, permissions: Permissions = ALL, history: list[Turn] | None = None) -> None:
        numbers = itertools.count(1)
        self.call = GatewayCall(
            PERSONA,
            history or [],
            permissions=permissions,
            model="assistant",
            models=frozenset({"gpt-realtime-2.1"}),
            now=1000.0,
            new_id=lambda prefix: f"{prefix}_{next(numbers)}",
        )
        self.now = 1000.0
        self.kept: list[Effect] = []
        self.kept_sent: list[Event] = []

    def told(self) -> list[Event]:
        self.kept += self.call.effects()
        told = [json.loads(frame) for frame in self.call.data_for_browser()]
        for event in told:
            assert event["event_id"]
        return told

    def sent(self) -> list[Event]:
        return [json.loads(frame) for frame in self.call.data_for_upstream()]

    def effects(self, kind: type[Any]) -> list[Any]:
        self.kept += self.call.effects()
        return [effect for effect in self.kept if isinstance(effect, kind)]

    def client(self, kind: str, **fields: Any) -> None:
        self.call.receive_from_browser(json.dumps({"type": kind, **fields}), self.now)

    def upstream(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": "event_up", **fields}
        self.call.receive_from_upstream(json.dumps(event), self.now)

    def open(self) -> Event:
        """A session of the upstream begins; returns what it was asked to be."""
        self.call.upstream_opened(self.now)
        self.kept_sent = self.sent()
        update = self.kept_sent[0]
        self.upstream("session.updated", session=update["session"])
        session: Event = update["session"]
        return session

    def ready(self) -> Desk:
        self.open()
        self.told()
        self.sent()
        return self

    def refused(self, kind: str, **fields: Any) -> Event:
        """The error for an event that must not be forwarded."""
        self.client(kind, event_id="mine", **fields)
        assert self.sent() == []
        (error,) = self.told()
        check(error)
        assert error["error"]["event_id"] == "mine"
        details: Event = error["error"]
        return details


def answering(desk: Desk, text: str = "Once upon a time", item_id: str = "a1") -> None:
    """The upstream has begun to answer, with a second of sound."""
    at = {"response_id": "r1", "item_id": item_id, "output_index": 0, "content_index": 0}
    item = {
        "id": item_id, "type": "message", "role": "assistant", "status": "in_progress",
        "content": [],
    }  # fmt: skip
    response = {"id": "r1", "status": "in_progress", "output": [], "conversation_id": "c"}
    desk.upstream("response.created", response=response)
    desk.upstream("response.output_item.added", item=item, response_id="r1", output_index=0)
    desk.upstream("conversation.item.added", item=item, previous_item_id=None)
    desk.upstream("response.output_audio_transcript.delta", delta=text, **at)
    desk.upstream("response.output_audio.delta", delta=to_base64(bytes(48_000)), **at)


def done(desk: Desk, text: str = "Once upon a time", status: str = "completed") -> None:
    item = {
        "id": "a1", "type": "message", "role": "assistant", "status": status,
        "content": [{"type": "output_audio", "transcript": text}],
    }  # fmt: skip
    desk.upstream("conversation.item.done", item=item, previous_item_id=None)
    response = {"id": "r1", "status": status, "output": [item], "usage": {"total_tokens": 3}}
    desk.upstream("response.done", response=response)


# Beginning


def test_the_session_is_there_at_once_and_tells_nothing_of_the_persona() -> None:
    (created,) = Desk().told()
    check(created)
    session = created["session"]
    assert (session["id"], session["object"]) == ("sess_1", "realtime.session")
    assert session["expires_at"] == 4600
    assert session["model"] == "assistant"
    assert session["audio"]["input"]["turn_detection"]["interrupt_response"] is True
    assert (session["instructions"], session["tools"]) == ("", [])
    assert "secret" not in json.dumps(created)


def test_the_upstream_is_told_the_persona_but_not_our_tools() -> None:
    session = Desk().open()
    assert session["instructions"] == "Keep the secret."
    assert "tools" not in session


def test_what_comes_before_the_upstream_is_kept_in_order() -> None:
    desk = Desk()
    desk.client("session.update", session={"type": "realtime", "instructions": "Mine."})
    desk.client("input_audio_buffer.append", audio="AAAA")
    desk.client("response.create")
    assert desk.sent() == []
    desk.open()
    assert [event["type"] for event in desk.sent()] == [
        "session.update", "input_audio_buffer.append", "response.create",
    ]  # fmt: skip


def test_more_than_can_be_kept_is_refused() -> None:
    desk = Desk()
    for _ in range(128):
        desk.client("conversation.item.retrieve", item_id="i")
    desk.told()
    assert desk.refused("conversation.item.retrieve", item_id="i")["code"] == "invalid_event"


# The session


def test_our_own_update_is_not_told_and_the_clients_is() -> None:
    desk = Desk().ready()
    desk.client("session.update", session={"type": "realtime", "instructions": "Mine."})
    (update,) = desk.sent()
    assert update["session"] == {"type": "realtime", "instructions": "Mine."}
    whole = {**PERSONA.as_session(), "instructions": "Mine.", "id": "sess_up", "expires_at": 5}
    desk.upstream("session.updated", session=whole)
    (updated,) = desk.told()
    check(updated)
    assert updated["session"]["instructions"] == "Mine."
    assert (updated["session"]["id"], updated["session"]["expires_at"]) == ("sess_1", 4600)


def test_an_update_that_the_upstream_refuses_is_told_under_the_clients_id() -> None:
    desk = Desk().ready()
    desk.client("session.update", event_id="mine", session={"type": "realtime", "tools": [ROLL]})
    (update,) = desk.sent()
    assert update["event_id"] != "mine"
    error = {
        "type": "invalid_request_error", "code": "invalid_value", "message": "No sk-abc1234.",
        "param": None, "event_id": update["event_id"],
    }  # fmt: skip
    desk.upstream("error", error=error)
    (told,) = desk.told()
    check(told)
    assert told["error"]["event_id"] == "mine"
    assert told["error"]["message"] == "No [key]."
    assert not desk.effects(HangUp)


def test_a_refusal_without_an_id_is_of_the_oldest_update() -> None:
    desk = Desk().ready()
    for voice in ("marin", "cedar"):
        audio = {"output": {"voice": voice}}
        desk.client("session.update", event_id=voice, session={"type": "realtime", "audio": audio})
    error = {"type": "invalid_request_error", "code": "invalid_value", "message": "x",
             "param": "session.audio.output.voice", "event_id": None}  # fmt: skip
    desk.upstream("error", error=error)
    assert [event["error"]["event_id"] for event in desk.told()] == ["marin"]
    desk.sent()
    desk.upstream("session.updated", session=PERSONA.as_session())
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    assert desk.open()["audio"]["output"]["voice"] == "cedar"


def test_an_update_that_is_not_the_clients_to_make_is_not_forwarded() -> None:
    desk = Desk(Permissions()).ready()
    update = {"type": "realtime", "instructions": "Be rude."}
    error = desk.refused("session.update", session=update)
    assert (error["code"], error["param"]) == ("setting_not_allowed", "session.instructions")


@pytest.mark.parametrize("model", ["gpt-9", 7, ["assistant"]])
def test_another_model_is_refused_with_all_that_comes_with_it(model: Any) -> None:
    desk = Desk().ready()
    session = {"type": "realtime", "model": model, "instructions": "Mine."}
    error = desk.refused("session.update", session=session)
    assert (error["code"], error["param"]) == ("cannot_update_model", "session.model")
    desk.client("session.update", session={"type": "realtime", "max_output_tokens": 5})
    desk.upstream("session.updated", session={"type": "realtime"})
    assert "instructions" not in desk.sent()[0]["session"]


@pytest.mark.parametrize("model", ["assistant", "gpt-realtime-2.1", "", None])
def test_a_client_may_name_the_model_that_it_has(model: str | None) -> None:
    desk = Desk().ready()
    session = {"type": "realtime", "model": model, "instructions": "Mine."}
    desk.client("session.update", session=session)
    (forwarded,) = desk.sent()
    assert forwarded["session"] == {"type": "realtime", "instructions": "Mine."}


def test_the_voice_stays_once_it_was_heard() -> None:
    desk = Desk().ready()
    answering(desk)
    desk.told()
    update = {"type": "realtime", "audio": {"output": {"voice": "marin"}}}
    assert desk.refused("session.update", session=update)["code"] == "cannot_update_voice"
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    desk.open()
    desk.sent()
    desk.client("session.update", session=update)
    assert [event["session"] for event in desk.sent()] == [update]


def test_a_transcription_is_forwarded_whole() -> None:
    desk = Desk().ready()
    transcription = {"input": {"transcription": {"language": "de"}}}
    desk.client("session.update", session={"type": "realtime", "audio": transcription})
    (update,) = desk.sent()
    assert update["session"]["audio"]["input"]["transcription"] == {
        "model": "whisper-1", "language": "de",
    }  # fmt: skip


def test_a_persona_that_the_upstream_refuses_ends_the_call() -> None:
    desk = Desk()
    desk.call.upstream_opened(desk.now)
    (update,) = desk.sent()
    error = {"type": "invalid_request_error", "code": "invalid_value", "message": "x",
             "param": None, "event_id": update["event_id"]}  # fmt: skip
    desk.upstream("error", error=error)
    assert [e["type"] for e in desk.told()] == ["session.created", "error"]
    assert desk.effects(HangUp) == [HangUp(1013, "server_error.invalid_value")]


# What clients ask for

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}
PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"}
GOOD: list[tuple[str, Event]] = [
    ("conversation.item.create", {"item": {"id": "i1", **MESSAGE}, "previous_item_id": "root"}),
    ("conversation.item.create", {"item": {**MESSAGE, "content": [PICTURE]}}),
    (
        "conversation.item.create",
        {"item": {"type": "function_call_output", "call_id": "c", "output": "4"}},
    ),
    (
        "conversation.item.create",
        {"item": {"type": "function_call", "call_id": "c", "name": "roll", "arguments": "{}"}},
    ),
    (
        "conversation.item.create",
        {
            "item": {
                "type": "message",
                "role": "system",
                "content": [{"type": "input_text", "text": "x"}],
            }
        },
    ),
    (
        "conversation.item.create",
        {
            "item": {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "x"}],
            }
        },
    ),
    ("conversation.item.delete", {"item_id": "i1"}),
    ("conversation.item.retrieve", {"item_id": "i1", "event_id": "e"}),
    ("conversation.item.truncate", {"item_id": "i1", "content_index": 0, "audio_end_ms": 20}),
    ("input_audio_buffer.append", {"audio": "AAAA"}),
    ("input_audio_buffer.clear", {}),
    ("input_audio_buffer.commit", {}),
    ("response.cancel", {"response_id": "r1"}),
    ("response.create", {"event_id": "mine"}),
    (
        "response.create",
        {
            "response": {
                "conversation": "none",
                "metadata": {"a": "b"},
                "output_modalities": ["text"],
                "input": [{"type": "item_reference", "id": "i1"}, MESSAGE],
            }
        },
    ),
    (
        "response.create",
        {
            "response": {
                "instructions": "x",
                "tools": [ROLL],
                "tool_choice": "none",
                "audio": {"output": {"voice": "marin"}},
            }
        },
    ),
]


@pytest.mark.parametrize(("kind", "fields"), GOOD, ids=str)
def test_good_events_are_forwarded_as_they_are(kind: str, fields: Event) -> None:
    desk = Desk().ready()
    desk.client(kind, **fields)
    assert desk.told() == []
    (sent,) = desk.sent()
    if "item" in fields:  # the client may leave its id to the service; we do not
        fields = {**fields, "item": {"id": sent["item"]["id"], **fields["item"]}}
    assert sent == {"type": kind, **fields}


def test_every_event_that_is_relayed_is_tried_here() -> None:
    relayed = {kind for kind, what in policy.FROM_CLIENT.items() if what is Decision.RELAY}
    assert {kind for kind, _ in GOOD} == relayed


BAD: list[tuple[str, Event, str]] = [
    ("output_audio_buffer.clear", {}, "type"),
    ("session.close", {}, "type"),
    ("input_audio_buffer.append", {}, "audio"),
    ("input_audio_buffer.append", {"audio": "%%%"}, "audio"),
    ("input_audio_buffer.append", {"audio": "AAAA", "type2": "session.update"}, "type2"),
    (
        "conversation.item.create",
        {
            "item": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "http://inside/"}],
            }
        },
        "item.content[0].image_url",
    ),
    (
        "conversation.item.create",
        {"item": {"type": "mcp_approval_response", "approve": True}},
        "item.type",
    ),
    ("conversation.item.create", {"item": {**MESSAGE, "role": "tool"}}, "item.role"),
    ("conversation.item.create", {"item": {**MESSAGE, "id": "x" * 129}}, "item.id"),
    (
        "conversation.item.truncate",
        {"item_id": "i", "content_index": 0, "audio_end_ms": -1},
        "audio_end_ms",
    ),
    ("conversation.item.retrieve", {"item_id": 7}, "item_id"),
    (
        "response.create",
        {"response": {"tools": [{"type": "mcp", "server_url": "http://x"}]}},
        "response.tools[0].type",
    ),
    ("response.create", {"response": {"prompt": {"id": "p"}}}, "response.prompt"),
    ("response.create", {"response": {"metadata": {"a": 1}}}, "response.metadata.a"),
    ("response.create", {"response": 7}, "response"),
]


@pytest.mark.parametrize(("kind", "fields", "param"), BAD, ids=ascii)
def test_bad_events_are_refused_and_never_forwarded(kind: str, fields: Event, param: str) -> None:
    assert Desk().ready().refused(kind, **fields)["param"] == param


@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "role": "system", "content": []},
        {"type": "message", "role": "assistant", "content": []},
        {"type": "function_call", "name": "roll", "arguments": "{}"},
    ],
    ids=str,
)
def test_who_may_not_instruct_speaks_for_the_user_alone(item: Event) -> None:
    desk = Desk(Permissions()).ready()
    assert desk.refused("conversation.item.create", item=item)["code"] == "setting_not_allowed"
    asked = {"instructions": "Be rude."}
    assert desk.refused("response.create", response=asked)["code"] == "setting_not_allowed"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\0\0", "invalid_event"),
        ("{", "invalid_json"),
        ("[]", "invalid_event"),
        ('{"type": 7}', "invalid_event"),
        ("x" * (large_events.MAX_EVENT + 1), "message_too_large"),
    ],
    ids=["binary", "broken", "list", "number", "large"],
)
def test_frames_that_are_no_events_are_answered(frame: str | bytes, code: str) -> None:
    desk = Desk().ready()
    desk.call.receive_from_browser(frame, desk.now)
    (told,) = desk.told()
    assert told["error"]["code"] == code
    assert not desk.effects(HangUp)


def test_a_client_that_goes_on_sending_nonsense_is_let_go() -> None:
    desk = Desk().ready()
    for _ in range(101):
        desk.call.receive_from_browser("{", desk.now)
    assert desk.effects(HangUp) == [HangUp(4429, "rate_limit_error.too_many_bad_messages")]


def test_a_client_that_is_too_fast_is_told_so() -> None:
    desk = Desk().ready()
    for _ in range(100):
        desk.client("response.create")
    desk.sent()
    assert desk.refused("response.create")["code"] == "rate_limit_exceeded"


# What comes down


def test_an_event_comes_down_as_the_upstream_wrote_it() -> None:
    desk = Desk().ready()
    frame = '{"type": "rate_limits.updated", "event_id": "e",  "rate_limits": []}'
    desk.call.receive_from_upstream(frame, desk.now)
    assert desk.call.data_for_browser() == [frame]


def test_a_missing_event_id_is_filled_in() -> None:
    desk = Desk().ready()
    error = {"type": "server_error", "code": None, "message": "x", "param": None, "event_id": None}
    for kind, fields in (("error", {"error": error}), ("input_audio_buffer.cleared", {})):
        desk.call.receive_from_upstream(
            json.dumps({"type": kind, "event_id": None, **fields}), desk.now
        )
    for event in desk.told():
        check(event)


def test_unknown_events_are_counted_and_not_passed_on() -> None:
    desk = Desk().ready()
    desk.upstream("response.video.delta")
    desk.upstream("mcp_list_tools.completed", item_id="i")
    desk.call.receive_from_upstream("nonsense", desk.now)
    desk.upstream("response.done", response="nonsense")
    assert desk.told() == []
    assert desk.effects(Unknown) == [Unknown("response.video.delta")]
    assert len(desk.effects(Told)) == 2


def test_a_failed_answer_quotes_no_key() -> None:
    desk = Desk().ready()
    details = {"type": "failed", "error": {"code": "x", "message": "Key sk-proj-12*34 is bad."}}
    response = {"id": "r1", "status": "failed", "status_details": details, "output": []}
    desk.upstream("response.done", response=response)
    assert "sk-" not in json.dumps([*desk.told(), *(told.event for told in desk.effects(Publish))])


@pytest.mark.parametrize("code", ["invalid_api_key", "insufficient_quota"])
def test_an_error_that_the_operator_must_mend_ends_the_call(code: str) -> None:
    desk = Desk().ready()
    error = {"type": "x", "code": code, "message": "sk-1234", "param": None, "event_id": None}
    desk.upstream("error", error=error)
    (told,) = desk.told()
    check(told)
    assert "sk-" not in told["error"]["message"]
    assert desk.effects(HangUp) == [HangUp(1013, f"server_error.{code}")]


def test_the_session_ends_after_the_hour_it_was_given() -> None:
    desk = Desk().ready()
    desk.call.tick(4599)
    assert desk.told() == []
    desk.call.tick(4600)
    (told,) = desk.told()
    assert told["error"]["code"] == "session_expired"
    (ended,) = desk.effects(HangUp)
    assert (ended.code, ended.reason) == (
        1001, "Your session hit the maximum duration of 60 minutes.",
    )  # fmt: skip


# What is stored


def test_turns_usage_and_captions_are_kept_as_of_any_call() -> None:
    desk = Desk().ready()
    answering(desk)
    done(desk)
    (saved,) = desk.effects(SaveTurn)
    assert (saved.turn.text, saved.turn.status) == ("Once upon a time", "completed")
    assert [used.source_id for used in desk.effects(SaveUsage)] == ["r1"]
    desk.call.turn_saved(saved)
    shown = [publish.event["type"] for publish in desk.effects(Publish)]
    assert "response.output_audio_transcript.delta" in shown
    assert "response.output_audio.delta" not in shown
    assert shown[-1] == "chat.turn.saved"
    assert "chat.turn.saved" not in [event["type"] for event in desk.told()]


def test_where_the_client_cut_an_answer_is_what_was_heard() -> None:
    desk = Desk().ready()
    answering(desk)
    done(desk)
    desk.upstream("conversation.item.truncated", item_id="a1", content_index=0, audio_end_ms=500)
    saved = desk.effects(SaveTurn)[-1].turn
    assert (saved.status, saved.heard_ms, saved.audio_ms) == ("interrupted", 500, 1000)
    assert saved.heard_text == "Once"


def test_the_clients_own_tools_are_turns() -> None:
    desk = Desk().ready()
    call = {"id": "f1", "type": "function_call", "call_id": "c1", "name": "roll",
            "arguments": '{"sides":6}', "status": "completed"}  # fmt: skip
    output = {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "4"}
    desk.upstream("conversation.item.added", item=call, previous_item_id=None)
    desk.upstream("conversation.item.done", item=call, previous_item_id=None)
    desk.upstream("conversation.item.added", item=output, previous_item_id="f1")
    desk.upstream("conversation.item.done", item=output, previous_item_id="f1")
    (saved,) = desk.effects(SaveTurn)
    assert (saved.turn.role, saved.turn.tool_name, saved.turn.text) == ("tool", "roll", "4")


def test_an_answer_that_the_client_deletes_stays_stored() -> None:
    desk = Desk().ready()
    answering(desk)
    desk.upstream("conversation.item.deleted", item_id="a1")
    done(desk)
    assert [saved.turn.item_id for saved in desk.effects(SaveTurn)] == ["a1"]


# A session of the upstream that is lost


def test_what_was_said_and_set_goes_over_to_the_next_session() -> None:
    desk = Desk().ready()
    desk.client("session.update", session={"type": "realtime", "tools": [ROLL]})
    desk.upstream("session.updated", session={"type": "realtime"})
    answering(desk)
    done(desk)
    desk.told()
    desk.sent()
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    assert desk.effects(Connect) == [Connect(0.0)]
    desk.client("input_audio_buffer.commit")
    assert desk.sent() == []
    desk.call.upstream_opened(desk.now)
    update, replayed = desk.sent()
    assert update["session"]["tools"] == [ROLL]
    assert update["session"]["instructions"] == "Keep the secret."
    assert replayed["item"]["content"] == [{"type": "output_text", "text": "Once upon a time"}]
    desk.upstream("conversation.item.added", item=replayed["item"], previous_item_id=None)
    desk.upstream("session.updated", session={"type": "realtime"})
    assert desk.told() == []
    assert [event["type"] for event in desk.sent()] == ["input_audio_buffer.commit"]


def test_an_answer_that_ran_ends_as_cancelled() -> None:
    desk = Desk().ready()
    answering(desk)
    desk.told()
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    told = desk.told()
    assert [event["type"] for event in told] == ["response.done"]
    assert told[0]["response"]["status"] == "cancelled"
    assert told[0]["response"]["conversation_id"] == "c"


def test_what_was_only_asked_for_is_asked_again() -> None:
    desk = Desk().ready()
    desk.client("session.update", session={"type": "realtime", "instructions": "Mine."})
    desk.client("response.create", response={"metadata": {"a": "b"}})
    before = desk.sent()
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    desk.open()
    assert desk.sent() == before
    desk.upstream("session.updated", session={"type": "realtime"})
    assert [event["type"] for event in desk.told()][-1] == "session.updated"


def test_a_session_that_has_answered_makes_good_for_the_attempts_before_it() -> None:
    desk = Desk().ready()
    for _ in range(12):
        answering(desk)
        done(desk)
        desk.call.upstream_lost(LOST, desk.now, 0.5)
        desk.open()
        desk.now += 5
    assert desk.effects(Connect) == [Connect(0.0)] * 12


@pytest.mark.parametrize(
    "lose",
    [
        lambda call: call.upstream_lost(Problem("invalid_api_key", "x", 1013), 1000.0, 0.5),
        lambda call: [call.upstream_lost(LOST, 1000.0 + second, 0.5) for second in range(0, 60, 5)],
    ],
    ids=["for good", "for long"],
)
def test_an_upstream_that_stays_away_ends_the_call(lose: Callable[[GatewayCall], Any]) -> None:
    desk = Desk().ready()
    lose(desk.call)
    assert desk.told()[-1]["error"]["type"] == "server_error"
    assert desk.effects(HangUp)[0].code == 1013


def test_the_client_learns_once_of_what_was_said_before_it_called() -> None:
    old = Turn("old", "user", "text", "completed", "Hello.")
    desk = Desk(history=[old])
    desk.call.upstream_opened(desk.now)
    _, replayed = desk.sent()
    desk.told()
    for _ in range(2):
        desk.upstream("conversation.item.added", item=replayed["item"], previous_item_id=None)
        desk.upstream("conversation.item.done", item=replayed["item"], previous_item_id=None)
    assert [event["type"] for event in desk.told()] == [
        "conversation.item.added", "conversation.item.done",
    ]  # fmt: skip
    assert not desk.effects(SaveTurn)


# What the upstream has not taken yet

MESSAGE_ITEM = {
    "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}],
}  # fmt: skip


def test_an_item_that_the_upstream_has_not_taken_when_the_client_goes_is_stored() -> None:
    desk = Desk().ready()
    desk.client("conversation.item.create", item=MESSAGE_ITEM)
    desk.call.hang_up(1000, "browser gone", desk.now)
    (saved,) = desk.effects(SaveTurn)
    assert (saved.turn.role, saved.turn.status, saved.turn.text) == ("user", "completed", "Hello.")


def test_an_item_that_the_upstream_refuses_is_not_stored() -> None:
    desk = Desk().ready()
    desk.client("conversation.item.create", event_id="mine", item=MESSAGE_ITEM)
    desk.upstream("error", error={"code": "invalid_value", "message": "No.", "event_id": "mine"})
    desk.call.hang_up(1000, "browser gone", desk.now)
    assert desk.effects(SaveTurn) == []


def test_an_item_that_a_session_took_with_it_is_given_to_the_next() -> None:
    desk = Desk().ready()
    desk.client("conversation.item.create", item=MESSAGE_ITEM)
    (sent,) = desk.sent()
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    desk.open()
    assert [event for event in desk.sent() if event["type"] == sent["type"]] == [sent]


def by_hand() -> Desk:
    """The client ends its turns itself."""
    desk = Desk().ready()
    manual = {"audio": {"input": {"turn_detection": None}}}
    desk.client("session.update", session={"type": "realtime", **manual})
    desk.upstream("session.updated", session={"type": "realtime", **manual})
    return desk


def say(desk: Desk, ms: int) -> None:
    desk.client("input_audio_buffer.append", audio=to_base64(bytes(48 * ms)))
    desk.client("input_audio_buffer.commit")


def failed(desk: Desk) -> list[tuple[str, str]]:
    desk.call.hang_up(1000, "client gone", desk.now)
    return [(saved.turn.role, saved.turn.status) for saved in desk.effects(SaveTurn)]


def test_speech_that_was_ended_and_never_taken_is_a_failed_turn() -> None:
    desk = by_hand()
    say(desk, 500)
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    assert failed(desk) == [("user", "failed")]


def test_speech_that_was_taken_or_refused_is_no_second_turn() -> None:
    desk = by_hand()
    for _ in range(2):
        say(desk, 500)
    desk.upstream("input_audio_buffer.committed", item_id="u1", previous_item_id=None)
    empty = {"code": "input_audio_buffer_commit_empty", "message": "Too short."}
    desk.upstream("error", error=empty)
    say(desk, 20)
    assert failed(desk) == [("user", "failed")]
    assert desk.effects(SaveTurn)[0].turn.item_id == "u1"


@pytest.mark.parametrize("ended", [True, False])
def test_speech_of_seconds_is_said_again_whole(ended: bool) -> None:
    desk = by_hand()
    for _ in range(40):
        desk.client("input_audio_buffer.append", audio=to_base64(bytes(48 * 100)))
    if ended:
        desk.client("input_audio_buffer.commit")
    desk.sent()
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    desk.open()
    again = [event["type"].rpartition(".")[2] for event in desk.sent()]
    assert again == ["append"] * 40 + ["commit"] * ended


@pytest.mark.parametrize("taken", [True, False])
def test_speech_that_a_session_took_with_it_is_ended_again(taken: bool) -> None:
    desk = by_hand()
    say(desk, 500)
    desk.client("response.create")
    if taken:
        desk.upstream("input_audio_buffer.committed", item_id="u1", previous_item_id=None)
    desk.sent()
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    desk.open()
    again = [event["type"].rpartition(".")[2] for event in desk.sent()]
    assert again == ["append", "commit", "create"]
    desk.upstream("input_audio_buffer.committed", item_id="u2", previous_item_id=None)
    heard = "conversation.item.input_audio_transcription.completed"
    desk.upstream(heard, item_id="u2", content_index=0, transcript="Hello.")
    assert failed(desk) == [("user", "completed")]


@pytest.mark.parametrize("taken", [True, False])
def test_the_output_of_a_clients_tool_reaches_a_session_that_knows_the_call(taken: bool) -> None:
    desk = Desk().ready()
    item = {"id": "f1", "type": "function_call", "call_id": "c1", "name": "roll", "arguments": "{}"}
    desk.upstream("conversation.item.added", item=item, previous_item_id=None)
    desk.upstream("response.output_item.done", item=item, response_id="r1", output_index=0)
    output = {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "4"}
    if taken:
        desk.client("conversation.item.create", item=output)
        desk.upstream("conversation.item.added", item=output, previous_item_id="f1")
    desk.call.upstream_lost(LOST, desk.now, 0.5)
    if not taken:
        desk.client("conversation.item.create", item=output)
    desk.sent()
    desk.open()
    items = [event["item"] for event in [*desk.kept_sent, *desk.sent()] if "item" in event]
    assert [(item["type"], item["call_id"]) for item in items] == [
        ("function_call", "c1"),
        ("function_call_output", "c1"),
    ]
    assert items[1]["output"] == "4"
