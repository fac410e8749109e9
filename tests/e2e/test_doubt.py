"""A cough, a knock and an interruption over an answer of the real engine, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot.realtime.audio import ms_of
from tests.e2e.conftest import Site, Speak
from tests.e2e.listener import Listener, calling
from tests.e2e.noises import groan, knock

pytestmark = pytest.mark.xdist_group("e2e")

QUESTION = "Can you tell me something about elephants?"
DECISIONS = ("chat.paused", "chat.resumed", "chat.interrupted")


def decisions(page: Listener) -> list[str]:
    return [kind for kind in page.types() if kind in DECISIONS]


async def stored(site: Site, conversation: str) -> list[dict[str, Any]]:
    """The rows, as the next call is told of them."""
    async with calling(site.url, site.password, conversation) as page:
        _, started = await page.told("chat.call.started")
    turns: list[dict[str, Any]] = started["turns"]
    return turns


async def conversation_of(page: Listener) -> str:
    _, started = await page.told("chat.call.started")
    return str(started["conversation"]["id"])


async def test_a_voice_without_words_pauses_the_answer_which_is_then_heard_whole(
    site: Site, speak: Speak
) -> None:
    async with calling(site.url, site.password) as page:
        conversation = await conversation_of(page)
        page.say(speak("What is the capital of France?"))
        page.pace = 0.2  # the answer is short, the machine may be slow
        sound = await page.hears(200)
        page.say(groan())
        await page.told("chat.paused")
        await page.told("chat.resumed")
        paused_ms, resumed_ms = sound.stops_ms
        assert paused_ms == resumed_ms < ms_of(len(sound.pcm))
        page.pace = 20
        await page.until(lambda: sound.is_heard)
        assert decisions(page) == ["chat.paused", "chat.resumed"]
        await page.until(lambda: "chat.turn.saved" in page.types())
    question, answer = await stored(site, conversation)
    assert question["role"] == "user"
    assert "France" in question["text"]
    assert (answer["status"], answer["heard_text"]) == ("completed", None)


async def test_a_knock_does_nothing_at_all(site: Site, speak: Speak) -> None:
    async with calling(site.url, site.password) as page:
        conversation = await conversation_of(page)
        page.say(speak("What is the capital of France?"))
        sound = await page.hears(500)
        page.say(knock())
        page.pace = 20
        await page.until(lambda: sound.is_heard)
        assert decisions(page) == []
    _, answer = await stored(site, conversation)
    assert (answer["status"], answer["heard_text"]) == ("completed", None)


async def test_words_stop_the_answer_and_are_answered_once(site: Site, speak: Speak) -> None:
    async with calling(site.url, site.password) as page:
        conversation = await conversation_of(page)
        page.say(speak(QUESTION))
        sound = await page.hears(1000)
        page.say(speak("Stop, what is two plus two?"))
        await page.told("chat.interrupted")
        (paused_ms,) = sound.stops_ms
        second = await page.until(
            lambda: next((s for s in page.sounds if s.generation > sound.generation), None)
        )
        page.pace = 20
        await page.until(lambda: second.is_heard)
        assert "chat.resumed" not in page.types()
    turns = await stored(site, conversation)
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 2
    _, first, question, answer = turns
    assert first["status"] == "interrupted"
    assert first["heard_ms"] == int(paused_ms)
    assert len(first["heard_text"]) < len(first["text"])
    assert "stop" in question["text"].lower()
    assert answer["status"] == "completed"
