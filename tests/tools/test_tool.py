"""Tools made from functions: schema, arguments, results, failures."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from chatbot.engine.settings import default_settings, updated_settings
from chatbot.models import User
from chatbot.realtime.effects import RunTool
from chatbot.tools import runner
from chatbot.tools.registry import TOOLS, offered
from chatbot.tools.schema import BadValue, checked, schema_of
from chatbot.tools.tool import Tool, ToolContext, ToolError, tool

CONTEXT = ToolContext(User(username="alice"), uuid4(), ZoneInfo("UTC"))


@tool(title="Book a table", time_limit_s=0.05)
async def book(
    context: ToolContext,
    place: Annotated[str, "Where."],
    people: int,
    when: Literal["lunch", "dinner"] = "dinner",
    wishes: list[str] | None = None,
) -> dict[str, Any] | str | None:
    """Book a table
    in a restaurant."""
    if place == "slow":
        await asyncio.sleep(10)
    if place == "broken":
        raise RuntimeError("secret words")
    if place == "closed":
        raise ToolError("It is closed.")
    if place == "silent":
        return None
    return place if people == 1 else {"place": place, "people": people, "when": when}


def test_the_schema_is_derived_from_the_annotations() -> None:
    assert book.offer.as_session() == {
        "type": "function",
        "name": "book",
        "description": "Book a table in a restaurant.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "Where."},
                "people": {"type": "integer"},
                "when": {"type": "string", "enum": ["lunch", "dinner"], "default": "dinner"},
                "wishes": {"type": ["array", "null"], "items": {"type": "string"}},
            },
            "required": ["place", "people"],
            "additionalProperties": False,
        },
    }


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (str, {"type": "string"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (int | None, {"type": ["integer", "null"]}),
        (Literal["a", 1], {"type": ["integer", "string"], "enum": ["a", 1]}),
        (Literal["a"] | None, {"type": ["string", "null"], "enum": ["a", None]}),
    ],
)  # fmt: skip
def test_each_annotation_has_its_schema(annotation: Any, schema: dict[str, Any]) -> None:
    assert schema_of(annotation) == schema


@pytest.mark.parametrize("annotation", [dict, list, set[str], int | str, bytes, Any])
def test_other_annotations_are_refused_when_the_tool_is_made(annotation: Any) -> None:
    with pytest.raises(TypeError):
        schema_of(annotation)


def test_a_tool_takes_its_context_first_and_annotates_the_rest() -> None:
    async def without(words: str) -> None: ...
    async def bare(context: ToolContext, words) -> None: ...  # type: ignore[no-untyped-def]

    for function in (without, bare):
        with pytest.raises(TypeError, match="ToolContext first"):
            tool(title="x")(function)


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (float, 2, 2.0),
        (int, 2.0, 2),
        (list[int], [1, 2], [1, 2]),
        (str | None, None, None),
        (Annotated[bool, "x"], True, True),
    ],
)
def test_values_become_what_the_function_takes(annotation: Any, value: Any, result: Any) -> None:
    assert checked(annotation, value, "x") == result
    assert type(checked(annotation, value, "x")) is type(result)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(int, True), (int, 2.5), (bool, 1), (str, 1), (list[int], ["a"]), (list[int], "a"),
     (Literal["a"], "b"), (Literal[1], True), (int | None, "1")],
)  # fmt: skip
def test_values_of_another_type_are_refused(annotation: Any, value: Any) -> None:
    with pytest.raises(BadValue, match=r"^x"):
        checked(annotation, value, "x")


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ('{"place": "Rita", "people": 1}', "Rita"),
        ('{"place": "silent", "people": 1}', "Done."),
        (
            '{"place": "Zoë", "people": 2, "when": "lunch"}',
            '{"place": "Zoë", "people": 2, "when": "lunch"}',
        ),
    ],
)
async def test_a_tool_answers_with_text(arguments: str, output: str) -> None:
    assert await book.run(CONTEXT, arguments) == output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("", "'place' is missing"),
        ('{"place": "Rita"}', "'people' is missing"),
        ('{"place": "Rita", "people": 1, "price": 3}', "no argument 'price'"),
        ('{"place": "Rita", "people": "two"}', "people must be of type integer"),
        ('{"place"', "not valid JSON"),
        ("[]", "JSON object"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
async def test_arguments_that_do_not_fit_are_told_to_the_model(arguments: str, why: str) -> None:
    with pytest.raises(ToolError, match=why):
        await book.run(CONTEXT, arguments)


async def ran(monkeypatch: pytest.MonkeyPatch, place: str) -> tuple[str, str]:
    monkeypatch.setitem(TOOLS, "book", book)
    arguments = json.dumps({"place": place, "people": 1})
    return await runner.run_tool(RunTool("c1", "book", arguments, 0.05), CONTEXT)


async def test_whatever_ails_a_tool_becomes_a_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert await ran(monkeypatch, "Rita") == ("Rita", "completed")
    assert await ran(monkeypatch, "closed") == ("It is closed.", "failed")
    assert await ran(monkeypatch, "slow") == (
        "The tool took too long and was stopped.",
        "failed",
    )
    assert await ran(monkeypatch, "broken") == ("The tool failed.", "failed")
    assert "RuntimeError" in caplog.text
    assert "secret words" not in caplog.text


async def test_a_runner_runs_tools_side_by_side_and_stops_them_with_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, stopped = asyncio.Semaphore(0), []

    @tool(title="Wait", time_limit_s=60)
    async def wait(context: ToolContext) -> None:
        """Wait."""
        started.release()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.append(True)

    monkeypatch.setitem(TOOLS, "wait", wait)

    async def never(call_id: str, output: str, outcome: str) -> None:
        raise AssertionError

    tools = runner.ToolRunner(CONTEXT, never)
    running = asyncio.create_task(tools.run())
    for number in range(2):
        tools.start(RunTool(f"c{number}", "wait", "{}", 60))
        await asyncio.wait_for(started.acquire(), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert stopped == [True, True]


@pytest.mark.parametrize(("name", "made"), TOOLS.items(), ids=TOOLS)
def test_every_tool_of_the_registry_can_be_offered(name: str, made: Tool) -> None:
    assert made.name == name
    assert made.offer.title
    assert made.offer.description
    assert 0 < made.offer.time_limit_s <= 60
    json.dumps(made.offer.as_session())
    assert "context" not in made.offer.parameters["properties"]


def test_a_name_that_is_gone_is_not_offered() -> None:
    assert [tool.name for tool in offered(["recall", "gone", "forget"])] == ["recall", "forget"]


def test_the_engine_takes_a_session_with_tools() -> None:
    tools = [made.offer.as_session() for made in TOOLS.values()]
    settings = default_settings("s1", "m", 0)
    changed = updated_settings(
        settings, {"type": "realtime", "tools": tools}, assistant_has_spoken=False
    )
    assert changed == settings | {"tools": tools}
