"""Tools in the pure call: what is offered, when it goes on, and what a lost session does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatbot.realtime.call import Call
from chatbot.realtime.effects import Publish, RunTool
from chatbot.realtime.problems import Problem
from chatbot.realtime.toolset import FunctionTool, Toolset
from tests.realtime.test_call import SETTINGS, Harness

CLOCK = FunctionTool("clock", "Look at the clock", "The time.", {"type": "object"})
FORGET = FunctionTool("forget", "Forget a fact", "Forget.", {}, needs_approval=True)
SERVER = {"type": "mcp", "server_label": "crm", "server_url": "https://crm.example.org"}
SESSION_UPDATED = {"type": "session.updated", "session": {}}


class Tooled(Harness):
    """A call whose persona has tools."""

    def __init__(self) -> None:
        super().__init__(ready=False)
        numbers = iter(range(1000))
        self.call = Call(
            replace(SETTINGS, tools=Toolset((CLOCK, FORGET), (SERVER,))),
            new_id=lambda prefix: f"{prefix}_{next(numbers)}",
        )
        self.call.upstream_opened(self.now)
        self.drain()
        self.session: dict[str, Any] = self.to_upstream[0]["session"]
        self.upstream(SESSION_UPDATED)
        self.forget()

    def question(self) -> None:
        item = {
            "id": "u1",
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "What time is it?"}],
        }
        self.upstream({"type": "conversation.item.added", "item": item, "previous_item_id": None})

    def call_tool(self, call_id: str = "c1", name: str = "clock", *, done: bool = True) -> None:
        item = {
            "id": f"item_{call_id}",
            "type": "function_call",
            "call_id": call_id,
            "name": name,
            "arguments": "{}",
            "status": "completed",
        }
        self.upstream({"type": "response.created", "response": {"id": "r1"}})
        self.upstream({"type": "response.output_item.done", "response_id": "r1", "item": item})
        if done:
            response = {"id": "r1", "status": "completed", "output": [item], "usage": None}
            self.upstream({"type": "response.done", "response": response})

    def finish(self, call_id: str = "c1") -> None:
        self.call.tool_finished(call_id, "Noon.", "completed", self.now)
        self.drain()

    def orders(self) -> list[RunTool]:
        return [effect for effect in self.effects if isinstance(effect, RunTool)]


def test_the_session_offers_the_personas_tools_and_servers() -> None:
    call = Tooled()
    assert call.session["tools"] == [CLOCK.as_session(), FORGET.as_session(), SERVER]
    assert "tools" not in Harness(ready=False).call._session.begin("e")["session"]


def test_outputs_and_a_typed_message_lead_to_one_answer() -> None:
    call = Tooled()
    call.call_tool(done=False)
    call.browser({"type": "response.create"})
    call.finish()
    assert call.sent("response.create") == []
    call.upstream({"type": "response.done", "response": {"id": "r1", "status": "completed"}})
    assert len(call.sent("response.create")) == 1
    call.upstream({"type": "response.created", "response": {"id": "r2"}})
    call.upstream({"type": "response.done", "response": {"id": "r2", "status": "completed"}})
    assert len(call.sent("response.create")) == 1


def test_an_answer_that_collides_is_asked_for_again_after_the_other() -> None:
    call = Tooled()
    call.call_tool()
    call.finish()
    (asked,) = call.sent("response.create")
    call.upstream({"type": "response.created", "response": {"id": "r2"}})
    code = "conversation_already_has_active_response"
    error = {"type": "invalid_request_error", "code": code, "event_id": asked["event_id"]}
    call.upstream({"type": "error", "error": error})
    assert len(call.sent("response.create")) == 1
    call.upstream({"type": "response.done", "response": {"id": "r2", "status": "completed"}})
    assert len(call.sent("response.create")) == 2


def test_a_user_who_cancels_while_a_tool_runs_gets_no_answer() -> None:
    call = Tooled()
    call.call_tool()
    call.browser({"type": "response.cancel"})
    call.finish()
    assert len(call.sent("conversation.item.create")) == 1
    assert call.sent("response.create") == []


def test_what_tools_do_is_told_to_other_tabs_too() -> None:
    call = Tooled()
    call.call_tool()
    call.finish()
    shown = [e.event["type"] for e in call.effects if isinstance(e, Publish)]
    assert [kind for kind in shown if "tool" in kind] == [
        "chat.tool.started",
        "chat.tool.finished",
    ]


def lost(call: Tooled) -> None:
    call.call.upstream_lost(Problem("connection_lost", "..."), call.now, 0.5)
    call.drain()
    call.forget()


def replaced(call: Tooled) -> list[dict[str, Any]]:
    """A new session begins; the items it is told, as far as they are of tools."""
    call.call.upstream_opened(call.now)
    call.upstream(SESSION_UPDATED)
    items = [event["item"] for event in call.sent("conversation.item.create")]
    return [item for item in items if item["type"] != "message"]


def test_a_tool_that_ends_after_its_session_was_replaced_is_told_to_the_new_one() -> None:
    call = Tooled()
    call.question()
    call.call_tool()
    lost(call)
    (called,) = replaced(call)
    assert (called["type"], called["call_id"], called["arguments"]) == ("function_call", "c1", "{}")
    assert call.sent("response.create") == []
    call.forget()
    call.finish()
    (output,) = call.sent("conversation.item.create")
    assert (output["item"]["call_id"], output["item"]["output"]) == ("c1", "Noon.")
    assert len(call.sent("response.create")) == 1
    assert [(turn.item_id, turn.status) for turn in call.saved()] == [("item_c1", "completed")]


def test_a_tool_that_ends_between_two_sessions_is_told_to_the_next_one_once() -> None:
    call = Tooled()
    call.question()
    call.call_tool()
    lost(call)
    call.finish()
    told = replaced(call)
    assert [item["type"] for item in told] == ["function_call", "function_call_output"]
    assert [item["call_id"] for item in told] == ["c1", "c1"]
    assert len(call.sent("response.create")) == 1


def test_a_result_that_no_answer_has_read_is_told_again() -> None:
    call = Tooled()
    call.question()
    call.call_tool()
    call.finish()
    lost(call)
    told = replaced(call)
    assert [item["type"] for item in told] == ["function_call", "function_call_output"]
    assert told[1]["output"] == "Noon."
    assert len(call.sent("response.create")) == 1
    # The service repeats what it is told; the page has it already.
    call.forget()
    for item in told:
        call.upstream({"type": "conversation.item.added", "item": item, "previous_item_id": None})
    assert (call.to_browser, call.saved()) == ([], [])


def test_a_result_that_was_answered_is_left_to_the_answer() -> None:
    call = Tooled()
    call.question()
    call.call_tool()
    call.finish()
    call.answer(response_id="r2")
    call.answer_ends(response_id="r2")
    lost(call)
    assert replaced(call) == []


def test_leave_may_be_given_after_the_session_was_replaced() -> None:
    call = Tooled()
    call.question()
    call.call_tool("c2", "forget")
    lost(call)
    replaced(call)
    call.browser({"type": "chat.tool.answer", "call_id": "c2", "approved": True})
    assert [order.call_id for order in call.orders()] == ["c2"]


def test_an_output_for_a_call_that_the_service_has_forgotten_is_no_problem() -> None:
    call = Tooled()
    call.upstream({"type": "error", "error": {"code": "invalid_tool_call_id", "message": "..."}})
    assert call.told("chat.error") == []


def test_tools_of_a_call_that_is_over_are_not_heard_of() -> None:
    call = Tooled()
    call.call_tool()
    call.browser({"type": "chat.hangup"})
    call.forget()
    call.finish()
    assert (call.to_browser, call.to_upstream, call.effects) == ([], [], [])


def test_an_answer_to_nothing_or_of_the_wrong_kind_is_harmless() -> None:
    call = Tooled()
    call.call_tool(name="forget")
    for wrong in ({"call_id": "c1"}, {"approved": True}, {"call_id": "c1", "approved": 1}):
        call.browser({"type": "chat.tool.answer", **wrong})
    assert [error["code"] for error in call.told("chat.error")] == [
        "missing_required_parameter",
        "missing_required_parameter",
        "invalid_value",
    ]
    call.browser({"type": "chat.tool.answer", "call_id": "unknown", "approved": True})
    assert call.told("chat.error")[-1]["code"] == "invalid_tool_call_id"
    assert call.orders() == []
    call.browser({"type": "chat.tool.answer", "call_id": "c1", "approved": True})
    assert [order.name for order in call.orders()] == ["forget"]


@pytest.mark.parametrize("approved", [True, False])
def test_a_second_answer_to_a_tool_is_refused_with_the_pages_own_id(approved: bool) -> None:
    call = Tooled()
    call.call_tool(name="forget")
    answer = {"type": "chat.tool.answer", "call_id": "c1", "approved": approved}
    call.browser(answer)
    assert call.told("chat.error") == []
    call.browser({**answer, "event_id": "mine"})
    (error,) = call.told("chat.error")
    assert (error["code"], error["event_id"]) == ("invalid_value", "mine")


def test_an_answer_to_a_tool_that_needs_none_is_refused() -> None:
    call = Tooled()
    call.call_tool()
    call.browser({"type": "chat.tool.answer", "call_id": "c1", "approved": True})
    call.finish()
    call.browser({"type": "chat.tool.answer", "call_id": "c1", "approved": True})
    assert [error["code"] for error in call.told("chat.error")] == ["invalid_value"] * 2
