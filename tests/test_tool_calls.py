"""Tools in a call, through the real application: run, approved, refused, late, cut, stored."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from chatbot.models import Fact, Persona, Turn, User
from chatbot.tools.registry import TOOLS
from chatbot.tools.tool import ToolContext, ToolError, tool
from tests.browser import opened
from tests.calling import call_tools, take_output
from tests.scripted import Session, scripted_upstream
from tests.test_consumers import report
from tests.test_mcp import SERVER

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "What time is it?"


@sync_to_async
def rows() -> list[tuple[Any, ...]]:
    return list(Turn.objects.values_list("role", "status", "tool_name", "text", "error"))


@pytest.fixture(autouse=True)
def tooled(persona: Persona) -> Persona:
    """The default persona with all tools."""
    persona.tools = list(TOOLS)
    persona.save()
    return persona


async def test_a_tool_is_offered_run_shown_stored_and_spoken_of(
    alice: User, settings: Settings
) -> None:
    offered: list[Any] = []
    outputs: list[dict[str, Any]] = []

    async def script(session: Session) -> None:
        offered.extend((await session.open())["tools"])
        await session.hear(QUESTION)
        await call_tools(session, {"c1": ("current_time", {})})
        outputs.append(await take_output(session, "item_c1"))
        await session.expect("response.create")
        await session.answer("It is noon.", previous=outputs[0]["id"], response_id="r2")
        await session.hold()

    async with (
        scripted_upstream(script) as upstream,
        opened(alice, "/ws/call/?tz=Asia%2FTokyo") as page,
    ):
        settings.REALTIME_URL = upstream.url
        started = await page.until("chat.tool.started", name="current_time")
        assert (started["call_id"], started["title"]) == ("c1", "Look at the clock")
        finished = await page.until("chat.tool.finished", status="completed")
        assert "Asia/Tokyo, UTC+0900" in finished["text"]
        await page.until("chat.turn.saved", item_id="a1")
        assert "tools" not in page.told("session.updated")[0]["session"]
    assert [tool["name"] for tool in offered] == list(TOOLS)
    assert all(tool["type"] == "function" for tool in offered)
    assert outputs[0]["call_id"] == "c1"
    assert outputs[0]["output"] == finished["text"]
    turn = await Turn.objects.aget(role="tool")
    assert (turn.item_id, turn.tool_name, turn.tool_arguments) == ("item_c1", "current_time", "{}")
    assert (turn.status, turn.text) == ("completed", finished["text"])
    assert [row[0] for row in await rows()] == ["user", "tool", "assistant"]


async def test_parallel_calls_are_answered_before_one_answer_is_asked_for(
    alice: User, settings: Settings
) -> None:
    received: list[str] = []

    async def script(session: Session) -> None:
        await session.open()
        await session.hear(QUESTION)
        await call_tools(
            session,
            {
                "c1": ("current_time", {}),
                "c2": ("remember", {"fact": "She likes tea."}),
                "c3": ("recall", {"words": "unheard-of"}),
            },
        )
        previous = "item_c3"
        for _ in range(3):
            previous = (await take_output(session, previous))["id"]
        await session.expect("response.create")
        await session.answer("Done.", previous=previous, response_id="r2")
        await session.hold()
        received.extend(event["type"] for event in session.received)

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.turn.saved", item_id="a1")
    assert received.count("response.create") == 1
    assert (await Fact.objects.aget()).text == "She likes tea."
    assert [row[:3] for row in await rows() if row[0] == "tool"] == [
        ("tool", "completed", "current_time"),
        ("tool", "completed", "remember"),
        ("tool", "completed", "recall"),
    ]


async def test_a_result_that_no_database_takes_is_stored_all_the_same(
    alice: User, tooled: Persona, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    @tool(title="Nil")
    async def nil(context: ToolContext) -> str:
        """Nil."""
        return "a\0b"

    monkeypatch.setitem(TOOLS, "nil", nil)
    tooled.tools = ["nil"]
    await tooled.asave()

    async def script(session: Session) -> None:
        await session.open()
        await session.hear(QUESTION)
        await call_tools(session, {"c1": ("nil", {})})
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.turn.saved", item_id="item_c1")
    assert (await rows())[1] == ("tool", "completed", "nil", "a\N{REPLACEMENT CHARACTER}b", "")


@tool(title="Fail")
async def fail(context: ToolContext) -> str:
    """Fail."""
    raise ToolError("The lamp is out.")


@tool(title="Break")
async def break_down(context: ToolContext) -> str:
    """Break."""
    raise RuntimeError("secret words")


@tool(title="Sleep", time_limit_s=0.05)
async def sleep(context: ToolContext) -> str:
    """Sleep."""
    await asyncio.sleep(60)
    return ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("fail", "The lamp is out."),
        ("break_down", "The tool failed."),
        ("sleep", "The tool took too long and was stopped."),
        ("no_such_tool", "There is no tool 'no_such_tool'."),
        ("remember", "The argument 'fact' is missing."),
    ],
)
async def test_failure_goes_back_to_the_model_as_such(
    alice: User,
    tooled: Persona,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    why: str,
) -> None:
    for made in (fail, break_down, sleep):
        monkeypatch.setitem(TOOLS, made.name, made)
    tooled.tools = list(TOOLS)
    await tooled.asave()
    outputs: list[str] = []

    async def script(session: Session) -> None:
        await session.open()
        await session.hear(QUESTION)
        await call_tools(session, {"c1": (name, {})})
        item = await take_output(session, "item_c1")
        outputs.append(item["output"])
        await session.expect("response.create")
        await session.answer("I cannot.", previous=item["id"], response_id="r2")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        finished = await page.until("chat.tool.finished", status="failed")
        assert finished["error"] == why
        await page.until("chat.turn.saved", item_id="a1")
    assert json.loads(outputs[0]) == {"error": why}
    assert (await rows())[1] == ("tool", "failed", name, "", why)


@pytest.mark.parametrize("approved", [True, False])
async def test_a_tool_that_needs_leave_waits_for_the_user(
    alice: User, settings: Settings, approved: bool
) -> None:
    await Fact.objects.acreate(user=alice, text="She likes tea.")
    outputs: list[str] = []

    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Forget that I like tea.")
        await call_tools(session, {"c1": ("forget", {"fact": "She likes tea."})})
        item = await take_output(session, "item_c1")
        outputs.append(item["output"])
        await session.expect("response.create")
        await session.answer("Well.", previous=item["id"], response_id="r2")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        asked = await page.until("chat.tool.asked", name="forget")
        assert asked["title"] == "Forget a fact"
        assert json.loads(asked["arguments"]) == {"fact": "She likes tea."}
        await page.send({"type": "chat.tool.answer", "call_id": "c1", "approved": "yes"})
        assert (await page.until("chat.error"))["code"] == "invalid_value"
        assert await Fact.objects.acount() == 1
        await page.send({"type": "chat.tool.answer", "call_id": "c1", "approved": approved})
        await page.until("chat.turn.saved", item_id="a1")
    assert await Fact.objects.acount() == (0 if approved else 1)
    words = "Forgotten." if approved else '{"error":"The user did not allow it."}'
    assert outputs == [words]


async def test_nobody_is_asked_about_arguments_that_do_not_fit(
    alice: User, settings: Settings
) -> None:
    outputs: list[str] = []

    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Forget that I like tea.")
        await call_tools(session, {"c1": ("forget", {"words": "tea"})})
        item = await take_output(session, "item_c1")
        outputs.append(item["output"])
        await session.expect("response.create")
        await session.answer("Well.", previous=item["id"], response_id="r2")
        await session.hold()

    why = "There is no argument 'words'."
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.tool.finished", name="forget", status="failed", error=why)
        await page.until("chat.turn.saved", item_id="a1")
        assert page.told("chat.tool.asked") == []
    assert [json.loads(output) for output in outputs] == [{"error": why}]


async def test_a_tab_that_is_opened_while_a_tool_waits_is_shown_it(
    alice: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Forget that I like tea.")
        await call_tools(session, {"c1": ("forget", {"fact": "She likes tea."})})
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.tool.asked", name="forget")
        while ("tool", "in_progress", "forget", "", "") not in await rows():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        async with opened(alice, "/ws/captions/") as watching:
            live = (await watching.until("chat.watch.started"))["live"]
            tool_turn = live["turns"][-1]
            assert (tool_turn["role"], tool_turn["status"]) == ("tool", "in_progress")
            assert tool_turn["tool_name"] == "forget"
            await page.send({"type": "chat.tool.answer", "call_id": "c1", "approved": False})
            await watching.until("chat.tool.finished", item_id=tool_turn["item_id"])


async def test_a_call_that_is_spoken_over_is_answered_but_starts_no_answer(
    alice: User, settings: Settings
) -> None:
    await Fact.objects.acreate(user=alice, text="She likes tea.")
    received: list[str] = []

    async def script(session: Session) -> None:
        await session.open()
        await session.hear(QUESTION)
        await call_tools(session, {"c1": ("forget", {"fact": "She likes tea."})}, status=None)
        await session.emit({"type": "input_audio_buffer.speech_started", "item_id": "u2"})
        response: dict[str, Any] = {"id": "r1", "status": "cancelled", "output": [], "usage": None}
        await session.emit({"type": "response.done", "response": response})
        item = await take_output(session, "item_c1")
        await session.hear("Never mind.", "u2", item["id"])
        await session.answer("Fine.", previous="u2", response_id="r2")
        await session.hold()
        received.extend(event["type"] for event in session.received)

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.tool.asked")
        await page.until("input_audio_buffer.speech_started", item_id="u2")
        await page.send({"type": "chat.tool.answer", "call_id": "c1", "approved": False})
        await page.until("chat.turn.saved", item_id="a1")
    assert "response.create" not in received


async def test_a_call_that_ends_stops_its_tools_and_keeps_their_turns(
    alice: User, tooled: Persona, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = asyncio.Event()

    @tool(title="Wait", time_limit_s=60)
    async def wait(context: ToolContext) -> None:
        """Wait."""
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    monkeypatch.setitem(TOOLS, "wait", wait)
    tooled.tools = ["wait"]
    await tooled.asave()

    async def script(session: Session) -> None:
        await session.open()
        await session.hear(QUESTION)
        await call_tools(session, {"c1": ("wait", {})})
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.tool.started")
        await page.until("response.done")
        await page.send({"type": "chat.hangup"})
        assert await page.until_closed() == 1000
    assert stopped.is_set()
    assert (await rows())[1] == (
        "tool",
        "interrupted",
        "wait",
        "",
        "The call ended before it was done.",
    )


async def test_an_mcp_server_is_named_upstream_asked_about_and_hidden_from_the_page(
    alice: User, tooled: Persona, settings: Settings
) -> None:
    tooled.tools, tooled.mcp_servers = [], [SERVER]
    await tooled.asave()
    offered: list[Any] = []
    answers: list[dict[str, Any]] = []
    about = {"server_label": "crm", "name": "find", "arguments": '{"id":7}'}
    request = {"id": "q1", "type": "mcp_approval_request", **about}
    found = {"id": "m1", "type": "mcp_call", **about, "output": "Alice", "error": None}
    listed = {"id": "l1", "type": "mcp_list_tools", "tools": [{"name": "secret_tool"}]}

    async def script(session: Session) -> None:
        offered.extend((await session.open())["tools"])
        for kind in ("added", "done"):
            await session.emit({"type": f"conversation.item.{kind}", "item": listed})
        await session.hear("Who is 7?")
        await session.emit(
            {"type": "response.created", "response": {"id": "r1"}},
            {"type": "response.output_item.done", "response_id": "r1", "item": request},
            {"type": "conversation.item.added", "item": request, "previous_item_id": "u1"},
            {
                "type": "response.done",
                "response": {"id": "r1", "status": "completed", "output": [request]},
            },
        )
        answers.append((await session.expect("conversation.item.create"))["item"])
        await session.emit(
            {"type": "response.created", "response": {"id": "r2"}},
            {"type": "conversation.item.added", "item": found, "previous_item_id": "q1"},
            {"type": "response.mcp_call.completed", "item_id": "m1", "output_index": 0},
            {"type": "conversation.item.done", "item": found, "previous_item_id": "q1"},
            {"type": "response.output_item.done", "response_id": "r2", "item": found},
            {
                "type": "response.done",
                "response": {"id": "r2", "status": "completed", "output": [found]},
            },
        )
        await session.expect("response.create")
        await session.answer("It is Alice.", previous="m1", response_id="r3")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        asked = await page.until("chat.tool.asked", call_id="q1")
        assert asked["title"] == "crm: find"
        await page.send({"type": "chat.tool.answer", "call_id": "q1", "approved": True})
        await page.until("chat.turn.saved", item_id="a1")
        seen = json.dumps(page.events)
    assert offered == [SERVER]
    assert answers[0]["approval_request_id"] == "q1"
    assert answers[0]["approve"] is True
    for secret in ("top-secret", "hidden-key", "secret_tool", "crm.example.org"):
        assert secret not in seen
    assert [row for row in await rows() if row[0] == "tool"] == [
        ("tool", "completed", "crm: find", "Allowed.", ""),
        ("tool", "completed", "crm: find", "Alice", ""),
    ]


async def test_tools_of_earlier_calls_are_shown_but_not_said_again_to_the_model(
    alice: User, settings: Settings
) -> None:
    replayed: list[str] = []

    async def first(session: Session) -> None:
        await session.open()
        await session.hear(QUESTION)
        await call_tools(session, {"c1": ("current_time", {})})
        item = await take_output(session, "item_c1")
        await session.expect("response.create")
        await session.answer("It is noon.", previous=item["id"], response_id="r2")
        await session.hold()

    async def second(session: Session) -> None:
        await session.open()
        await session.hear("Again.", "u2")
        await session.hold()
        replayed.extend(
            event["item"]["role"]
            for event in session.received
            if event["type"] == "conversation.item.create"
        )

    async with scripted_upstream(first) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        conversation = (await page.until("chat.call.started"))["conversation"]["id"]
        await page.until("chat.turn.saved", item_id="a1")
        await page.send(report(1000, "ended"))
    async with (
        scripted_upstream(second) as upstream,
        opened(alice, f"/ws/call/?conversation={conversation}") as page,
    ):
        settings.REALTIME_URL = upstream.url
        turns = (await page.until("chat.call.started"))["turns"]
        assert [turn["role"] for turn in turns] == ["user", "tool", "assistant"]
        assert turns[1]["tool_name"] == "current_time"
        await page.until("chat.turn.saved", item_id="u2")
    assert replayed == ["user", "assistant"]
