"""The log of a call's events, through the real application."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from pytest_django import Settings

from chatbot import eventlog, metrics, store
from chatbot.models import Call, CallEvent, User
from chatbot.realtime.eventlog import Logged
from tests.browser import Socket, opened
from tests.people import alices_talk
from tests.scripted import Session, scripted_upstream, tone


async def script(session: Session) -> None:
    await session.open()
    await session.expect("input_audio_buffer.append")
    await session.hear("What is the time?")
    await session.answer("It is noon.")
    await session.hold()


async def talk(page: Socket) -> None:
    """A question, its answer, and the end."""
    await page.send(tone(40))
    await page.send(tone(40))
    await page.until("chat.turn.saved", item_id="a1")
    await page.send({"type": "chat.hangup"})
    assert await page.until_closed() == 1000


@sync_to_async
def lines() -> list[CallEvent]:
    return list(CallEvent.objects.order_by("at", "pk"))


@pytest.mark.django_db(transaction=True)
async def test_a_call_is_logged_in_both_directions(alice: User, settings: Settings) -> None:
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await talk(page)
    found = await lines()
    kinds = {(line.source, line.kind): line for line in found}
    assert ("browser", "chat.hangup") in kinds
    assert ("call", "session.update") in kinds
    assert ("upstream", "response.done") in kinds
    speech = kinds["browser", "input_audio_buffer.append"]
    assert (speech.count, speech.size, speech.body) == (2, 2 * len(tone(40)), {})
    sound = kinds["upstream", "response.output_audio.delta"]
    assert sound.size > len(tone(1000))
    assert sound.body == {}
    said = kinds["upstream", "conversation.item.input_audio_transcription.completed"]
    assert said.body["transcript"] == "What is the time?"
    kept = json.dumps([line.body for line in found])
    assert "You are a helpful assistant" not in kept
    assert "AAAA" not in kept


@pytest.mark.django_db(transaction=True)
async def test_it_can_be_switched_off(alice: User, settings: Settings) -> None:
    settings.EVENTS = False
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await talk(page)
    assert await lines() == []


@pytest.mark.django_db(transaction=True)
async def test_what_the_database_does_not_take_is_dropped_and_counted(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(store, "save_events", away)
    before = metrics.EVENTS_DROPPED._value.get()
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await talk(page)
    assert await lines() == []
    assert metrics.EVENTS_DROPPED._value.get() > before


@pytest.mark.django_db(transaction=True)
async def test_it_is_written_while_the_call_goes_on(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventlog, "WRITE_EVERY_S", 0.01)
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="ready")
        while not await lines():
            await page.send({"type": "chat.ping", "id": 1})
            await page.until("chat.pong")
        assert await Call.objects.filter(ended_at=None).aexists()


@pytest.mark.every_database
@pytest.mark.django_db
def test_odd_characters_are_stored(alice: User) -> None:
    call = alices_talk(alice).calls.get()
    frame = '{"type":"chat.x\\u0000\\ud800","text":"a\\u0000b\\ud83d"}'
    store.save_events(call.pk, [Logged(1.0, "browser", "", 1, len(frame), frame)])
    line = CallEvent.objects.get()
    assert (line.kind, line.body) == (
        "chat.x\N{REPLACEMENT CHARACTER}",
        {"text": "ab\N{REPLACEMENT CHARACTER}"},
    )
