"""`@openai/agents-realtime` for JavaScript, as it is, run by Node.js."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from script.install import ROOT, node
from tests.clients.conftest import Gateway

pytestmark = pytest.mark.xdist_group("clients")


async def call(gateway: Gateway, scenario: str) -> dict[str, Any]:
    """What the client has seen."""
    url = gateway.url.replace("http", "ws", 1) + "/v1/realtime?model=assistant"
    words = [str(ROOT / "tests" / "clients" / "agents.mjs"), url, gateway.token, scenario]
    process = await asyncio.create_subprocess_exec(
        str(node()), *words, str(gateway.speech), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    seen: dict[str, Any] = json.loads(output)
    assert seen["errors"] == []
    return seen


def said(seen: dict[str, Any]) -> list[tuple[str, str]]:
    """Who said what, as the client's own history has it."""
    return [
        (item["role"], " ".join(part.get("transcript") or part.get("text") or ""
                                for part in item["content"]))
        for item in seen["history"]
        if item["type"] == "message"
    ]  # fmt: skip


async def test_a_voice_turn(gateway: Gateway) -> None:
    seen = await call(gateway, "voice")
    assert seen["sounds"] > 24_000
    (asker, question), (answerer, answer) = said(seen)
    assert (asker, answerer) == ("user", "assistant")
    if gateway.is_scripted:
        assert (question, answer) == ("Good morning.", "You said: Good morning.")
    else:
        assert "capital" in question
        assert answer


async def test_a_text_turn(gateway: Gateway) -> None:
    seen = await call(gateway, "text")
    assert seen["sounds"] == 0
    question, answer = said(seen)
    assert question == ("user", "What is the capital of France?")
    assert answer[0] == "assistant"
    assert answer[1]


async def test_push_to_talk(gateway: Gateway) -> None:
    seen = await call(gateway, "push-to-talk")
    assert "input_audio_buffer.speech_started" not in seen["events"]
    assert seen["sounds"] > 24_000


async def test_an_interruption(gateway: Gateway) -> None:
    seen = await call(gateway, "interruption")
    assert seen["interruptions"] >= 1
    assert seen["events"].count("response.done") == 2


async def test_a_tool_call(scripted: Gateway) -> None:
    seen = await call(scripted, "tool")
    assert seen["rolled"] == [6]
    assert said(seen)[-1] == ("assistant", "The tool says 4.")


async def test_the_engine_takes_tools_though_it_calls_none(engine: Gateway) -> None:
    """It answers in words; calls come with tools in the engine."""
    seen = await call(engine, "tool-offered")
    assert said(seen)[-1][0] == "assistant"
