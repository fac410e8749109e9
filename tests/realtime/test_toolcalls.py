"""The bookkeeping of tools: run once, all answered, one answer for all of them."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.realtime import toolcalls
from chatbot.realtime.effects import RunTool
from chatbot.realtime.toolcalls import (
    APPROVAL_WAIT_S,
    MAX_ARGUMENTS,
    MAX_OPEN,
    MAX_OUTPUT,
    MAX_ROUNDS,
    MCP_ANSWER_WAIT_S,
    ToolCalls,
)
from chatbot.realtime.toolset import FunctionTool

CLOCK = FunctionTool("clock", "Look at the clock", "The time.", {"type": "object"}, 3.0)
FORGET = FunctionTool(
    *("forget", "Forget a fact", "Forget.", {}, 5.0),
    needs_approval=True,
    refusal=lambda arguments: "That is not JSON." if arguments.endswith("}}") else "",
)

Event = dict[str, Any]


class Desk:
    """The bookkeeping with its outlets gathered."""

    def __init__(self) -> None:
        numbers = itertools.count()
        self.calls = ToolCalls([CLOCK, FORGET], lambda prefix: f"{prefix}_{next(numbers)}")
        self.now = 100.0
        self.told: list[Any] = []
        self.sent: list[Event] = []
        self.orders: list[RunTool] = []
        self.answers = 0

    def take(self) -> None:
        self.told += self.calls.take_told()
        self.sent += self.calls.take_sent()
        self.orders += self.calls.take_orders()
        self.answers += self.calls.take_answer_wanted()

    def feed(self, *events: Event) -> None:
        for event in events:
            self.calls.receive(event, self.now)
            self.take()

    def finish(self, call_id: str, output: str = "noon", outcome: Any = "completed") -> None:
        self.calls.tool_finished(call_id, output, outcome, self.now)
        self.take()

    def approve(self, call_id: str, approved: bool) -> None:
        self.calls.approval(call_id, approved, self.now)
        self.take()

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.calls.tick(self.now)
        self.take()

    def outputs(self) -> dict[str, str]:
        items = [event["item"] for event in self.sent]
        outputs = [item for item in items if item["type"] == "function_call_output"]
        assert len({item["call_id"] for item in outputs}) == len(outputs), "answered twice"
        return {item["call_id"]: item["output"] for item in outputs}

    def kinds(self) -> list[str]:
        return [event["type"].removeprefix("chat.tool.") for event in self.told]

    def read(self) -> None:
        """The upstream has read what was sent."""
        for event in self.sent:
            self.feed({"type": "conversation.item.added", "item": event["item"]})


def item(
    call_id: str, name: str = "clock", arguments: str = "{}", status: str = "completed"
) -> Any:
    return {
        "id": f"item_of_{call_id}",
        "type": "function_call",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
        "status": status,
    }


def called(call_id: str, response: str = "r1", **fields: Any) -> Event:
    one = item(call_id, **fields)
    return {"type": "response.output_item.done", "response_id": response, "item": one}


def arguments_done(call_id: str, response: str = "r1", name: str = "clock") -> Event:
    return {
        "type": "response.function_call_arguments.done",
        "response_id": response,
        "item_id": f"item_of_{call_id}",
        "call_id": call_id,
        "name": name,
        "arguments": "{}",
    }


def done(*items: Event, response: str = "r1", status: str = "completed") -> Event:
    about = {"id": response, "status": status, "output": list(items)}
    return {"type": "response.done", "response": about}


def created(response: str) -> Event:
    return {"type": "response.created", "response": {"id": response}}


SPEECH = {"type": "input_audio_buffer.speech_started", "item_id": "u2"}


def test_a_call_is_run_answered_and_leads_to_one_answer() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1", arguments='{"a": 1}'))
    assert desk.orders == [RunTool("c1", "clock", '{"a": 1}', 3.0)]
    desk.feed(done(item("c1")))
    assert desk.answers == 0
    desk.finish("c1")
    assert desk.outputs() == {"c1": "noon"}
    assert desk.answers == 1
    about = {"call_id": "c1", "item_id": "item_of_c1", "name": "clock"}
    assert desk.told == [
        {"type": "chat.tool.started", **about, "title": "Look at the clock"},
        {"type": "chat.tool.finished", **about, "status": "completed", "text": "noon"},
    ]
    desk.finish("c1", "again")
    assert desk.outputs() == {"c1": "noon"}
    assert desk.answers == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_whichever_event_names_a_call_first_it_runs_once(order: tuple[int, ...]) -> None:
    desk = Desk()
    ways = [called("c1"), arguments_done("c1"), done(item("c1"))]
    desk.feed(*(ways[index] for index in order))
    assert [run.call_id for run in desk.orders] == ["c1"]


def test_parallel_calls_are_all_answered_before_the_one_answer() -> None:
    desk = Desk()
    desk.feed(called("c1"), called("c2"), called("c3"))
    desk.finish("c2")
    desk.feed(done(item("c1"), item("c2"), item("c3")))
    desk.finish("c3")
    assert desk.answers == 0
    desk.finish("c1")
    assert desk.answers == 1
    assert set(desk.outputs()) == {"c1", "c2", "c3"}


def test_a_tool_that_is_faster_than_its_response_waits_for_it() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"))
    desk.finish("c1")
    assert desk.answers == 0
    desk.feed(done(item("c1")))
    assert desk.answers == 1


def test_a_failure_is_told_to_the_model_and_the_page() -> None:
    desk = Desk()
    desk.feed(called("c1"), done(item("c1")))
    desk.finish("c1", "It took too long.", "failed")
    assert json.loads(desk.outputs()["c1"]) == {"error": "It took too long."}
    assert desk.told[-1]["status"] == "failed"
    assert desk.told[-1]["error"] == "It took too long."
    assert desk.answers == 1


def test_a_long_result_is_cut_with_a_note_and_an_empty_one_is_said() -> None:
    desk = Desk()
    desk.feed(called("c1"), called("c2"))
    desk.finish("c1", "x" * (MAX_OUTPUT + 7))
    desk.finish("c2", "")
    assert desk.outputs()["c1"].endswith("x\n[cut: 7 more characters]")
    assert desk.outputs()["c2"] == "(nothing)"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "unknown"}, "There is no tool 'unknown'."),
        ({"arguments": "x" * (MAX_ARGUMENTS + 1)}, toolcalls.TOO_LONG),
        ({"status": "incomplete"}, toolcalls.CUT_OFF),
    ],
)
def test_what_cannot_run_is_answered_at_once(fields: dict[str, str], why: str) -> None:
    desk = Desk()
    desk.feed(called("c1", **fields), done(item("c1")))
    assert desk.orders == []
    assert json.loads(desk.outputs()["c1"]) == {"error": why}
    assert desk.answers == 1


def test_too_many_at_once_are_refused() -> None:
    desk = Desk()
    desk.feed(*(called(f"c{number}") for number in range(MAX_OPEN + 3)))
    assert len(desk.orders) == MAX_OPEN
    assert json.loads(desk.outputs()[f"c{MAX_OPEN}"]) == {"error": toolcalls.TOO_MANY}


def test_tools_without_end_are_stopped_until_the_user_says_something() -> None:
    desk = Desk()
    for number in range(MAX_ROUNDS + 2):
        desk.feed(created(f"r{number}"), called(f"c{number}", f"r{number}"))
        desk.finish(f"c{number}")
        desk.feed(done(item(f"c{number}"), response=f"r{number}"))
    assert desk.answers == MAX_ROUNDS
    assert [event for event in desk.told if not isinstance(event, dict)] == [toolcalls.ROUNDS_OVER]
    desk.calls.user_turned()
    desk.feed(called("again", "r99"), done(item("again"), response="r99"))
    desk.finish("again")
    assert desk.answers == MAX_ROUNDS + 1


# Approval


def test_the_user_is_asked_before_the_tool_runs() -> None:
    desk = Desk()
    desk.feed(called("c1", name="forget", arguments='{"fact": "tea"}'), done(item("c1")))
    assert desk.orders == []
    assert desk.told == [
        {
            "type": "chat.tool.asked",
            "call_id": "c1",
            "item_id": "item_of_c1",
            "name": "forget",
            "title": "Forget a fact",
            "arguments": '{"fact": "tea"}',
        }
    ]
    desk.approve("c1", True)
    desk.approve("c1", True)
    assert [run.arguments for run in desk.orders] == ['{"fact": "tea"}']
    desk.finish("c1", "Forgotten.")
    assert desk.kinds() == ["asked", "started", "finished"]
    assert desk.answers == 1


def test_nobody_is_asked_for_what_cannot_be_done() -> None:
    desk = Desk()
    desk.feed(called("c1", name="forget", arguments="{}}"), done(item("c1")))
    assert desk.kinds() == ["finished"]
    assert desk.told[0]["error"] == "That is not JSON."
    assert json.loads(desk.outputs()["c1"]) == {"error": "That is not JSON."}
    assert (desk.orders, desk.answers) == ([], 1)


def test_a_refusal_is_told_to_the_model() -> None:
    desk = Desk()
    desk.feed(called("c1", name="forget"), done(item("c1")))
    desk.approve("c1", False)
    desk.approve("c1", True)
    assert desk.orders == []
    assert json.loads(desk.outputs()["c1"]) == {"error": toolcalls.NOT_ALLOWED}
    assert desk.answers == 1


def test_somebody_who_does_not_answer_is_not_waited_for_without_end() -> None:
    desk = Desk()
    desk.feed(called("c1", name="forget"), called("c2"), done(item("c1"), item("c2")))
    desk.finish("c2")
    desk.wait(APPROVAL_WAIT_S - 1)
    assert desk.answers == 0
    desk.wait(1)
    assert json.loads(desk.outputs()["c1"]) == {"error": toolcalls.NOT_ANSWERED}
    assert desk.answers == 1


def test_an_approval_for_nothing_changes_nothing() -> None:
    desk = Desk()
    desk.feed(called("c1"))
    desk.approve("c1", False)
    desk.approve("unknown", True)
    assert desk.kinds() == ["started"]
    assert desk.sent == []


# The user meanwhile


def test_a_cut_response_has_its_calls_answered_but_leads_to_no_answer() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"), SPEECH, done(item("c1"), status="cancelled"))
    desk.finish("c1")
    assert desk.outputs() == {"c1": "noon"}
    desk.feed(created("r2"), done(response="r2"))
    assert desk.answers == 0


def test_a_call_first_seen_in_a_cut_response_does_not_run() -> None:
    desk = Desk()
    desk.feed(created("r1"), done(item("c1"), status="cancelled"))
    assert desk.orders == []
    assert json.loads(desk.outputs()["c1"]) == {"error": toolcalls.CUT_OFF}
    assert desk.told[-1]["status"] == "interrupted"
    assert desk.answers == 0


def test_while_the_user_speaks_no_answer_is_begun_and_theirs_covers_the_outputs() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"), done(item("c1")), SPEECH)
    desk.finish("c1")
    assert desk.answers == 0
    desk.read()
    desk.feed(created("r2"), done(response="r2"))
    assert desk.answers == 0


def test_an_answer_that_began_before_the_outputs_were_read_is_followed_by_one_more() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"), done(item("c1")), SPEECH)
    desk.finish("c1")
    desk.feed(created("r2"))
    assert desk.answers == 1


def test_speech_that_is_dropped_lets_the_answer_come() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"), done(item("c1")), SPEECH)
    desk.finish("c1")
    desk.feed({"type": "input_audio_buffer.cleared"})
    assert desk.answers == 1


def test_a_result_that_comes_after_the_next_answer_is_still_spoken_of() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"), done(item("c1")), SPEECH)
    desk.feed(created("r2"), done(response="r2"))
    desk.finish("c1")
    assert desk.answers == 1


def test_a_user_who_stops_the_answer_gets_none() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"), done(item("c1")))
    desk.calls.stopped()
    desk.finish("c1")
    assert desk.outputs() == {"c1": "noon"}
    assert desk.answers == 0


def test_tools_that_wait_or_run_outlive_a_session_and_lead_to_one_answer() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"), called("c2", name="forget"))
    assert desk.calls.session_lost() is False
    desk.finish("c1")
    assert desk.answers == 0
    desk.approve("c2", True)
    desk.finish("c2")
    assert desk.outputs() == {"c1": "noon", "c2": "noon"}
    assert desk.answers == 1
    assert len(desk.orders) == 2


def test_a_response_whose_tools_have_all_ended_when_its_session_is_lost_is_owed_an_answer() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"))
    desk.finish("c1")
    assert desk.calls.session_lost() is True
    desk.feed(created("r2"), done(response="r2"))
    assert desk.answers == 0  # it is the call that asks, at once


def test_a_stopped_response_is_owed_nothing_by_the_next_session() -> None:
    desk = Desk()
    desk.feed(created("r1"), called("c1"))
    desk.calls.stopped()
    assert desk.calls.session_lost() is False
    desk.finish("c1")
    assert desk.outputs() == {"c1": "noon"}
    assert desk.answers == 0


def test_what_an_mcp_server_asked_is_gone_with_its_session() -> None:
    desk = Desk()
    asked = {"type": "mcp_approval_request", "id": "m1", "name": "x", "server_label": "crm"}
    desk.feed(done(asked))
    desk.calls.session_lost()
    desk.take()
    assert (desk.told[-1]["call_id"], desk.told[-1]["status"]) == ("m1", "interrupted")
    desk.approve("m1", True)
    assert desk.sent == []


# MCP


REQUEST = {
    "id": "mcpr_1",
    "type": "mcp_approval_request",
    "server_label": "crm",
    "name": "delete_customer",
    "arguments": '{"id": 7}',
}


@pytest.mark.parametrize("approve", [True, False])
def test_an_mcp_server_waits_for_the_user(approve: bool) -> None:
    desk = Desk()
    desk.feed(
        {"type": "response.output_item.done", "response_id": "r1", "item": REQUEST},
        {"type": "conversation.item.done", "item": REQUEST},
        done(REQUEST),
    )
    assert desk.kinds() == ["asked"]
    assert desk.told[0]["title"] == "crm: delete_customer"
    desk.approve("mcpr_1", approve)
    (sent,) = desk.sent
    assert sent["item"] | {"id": ""} == {
        "id": "",
        "type": "mcp_approval_response",
        "approval_request_id": "mcpr_1",
        "approve": approve,
    }
    assert desk.told[-1]["status"] == ("completed" if approve else "failed")


@pytest.mark.parametrize("goes_on_by_itself", [True, False])
def test_an_answer_after_an_mcp_call_is_asked_for_if_none_comes(goes_on_by_itself: bool) -> None:
    desk = Desk()
    desk.feed(created("r1"), done({"type": "mcp_call", "id": "mcp_1", "output": "x"}))
    if goes_on_by_itself:
        desk.feed(created("r2"))
    assert desk.answers == 0
    desk.wait(MCP_ANSWER_WAIT_S)
    assert desk.answers == (0 if goes_on_by_itself else 1)


# Any order of things


#: How often nothing may happen, so that there is an end.
MOST_IDLE = 40


@given(st.data())
def test_in_any_order_each_call_runs_once_is_answered_once_and_all_before_an_answer(
    data: st.DataObject,
) -> None:
    """Responses with some calls, ended in any way; tools, approvals and speech in between."""
    desk = Desk()
    calls: dict[str, str] = {}
    todo: list[tuple[Event, ...]] = []
    for number in range(data.draw(st.integers(1, 3), "responses")):
        response = f"r{number}"
        names = [f"c{number}{letter}" for letter in "abc"[: data.draw(st.integers(1, 3), "calls")]]
        items = [item(name, data.draw(st.sampled_from(["clock", "forget", "?"]))) for name in names]
        calls |= dict.fromkeys(names, response)
        status = data.draw(st.sampled_from(["completed", "cancelled", "failed"]), "status")
        todo.append(
            (
                created(response),
                *(
                    {**called(name, response), "item": one}
                    for name, one in zip(names, items, strict=True)
                ),
                done(*items, response=response, status=status),
            )
        )
    upstream = list(itertools.chain(*todo))
    idle = 0
    while upstream or len(desk.outputs()) < len(calls):
        before = desk.answers
        deeds = ["upstream"] if upstream else []
        running = [run.call_id for run in desk.orders if run.call_id not in desk.outputs()]
        deeds += ["finish"] * bool(running) + ["speech", "tick"] * (idle < MOST_IDLE)
        asked = [
            event["call_id"]
            for event in desk.told
            if event["type"] == "chat.tool.asked" and event["call_id"] not in desk.outputs()
        ]
        deeds += ["answer"] * bool(asked)
        deed = data.draw(st.sampled_from(deeds), "deed")
        idle += deed in ("speech", "tick")
        if deed == "upstream":
            event = upstream.pop(0)
            desk.feed(*[event] * data.draw(st.integers(1, 2), "times"))
        elif deed == "finish":
            desk.finish(data.draw(st.sampled_from(running)))
        elif deed == "answer":
            desk.approve(data.draw(st.sampled_from(asked)), data.draw(st.booleans()))
        elif deed == "speech":
            desk.feed(SPEECH)
        else:
            desk.wait(1.0)
        if desk.answers > before:
            seen = {call for call in calls if f"item_of_{call}" in str(desk.told)}
            done_with = {call for call in seen if call in desk.outputs()}
            open_now = {calls[call] for call in seen - done_with}
            answered = {calls[call] for call in done_with} - open_now
            assert answered, "an answer was wanted though no response has all its outputs"
    assert set(desk.outputs()) == set(calls)
    ran = [run.call_id for run in desk.orders]
    assert len(ran) == len(set(ran))
    finished = [e["call_id"] for e in desk.told if e["type"] == "chat.tool.finished"]
    assert sorted(finished) == sorted(calls)
    assert desk.answers <= len(todo)
