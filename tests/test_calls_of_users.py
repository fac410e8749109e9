"""Calls follow what their user does on other pages: choices taken, conversations deleted."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from pytest_django import Settings

from chatbot import relay, store
from chatbot.models import Conversation, Persona, User
from tests.browser import opened
from tests.people import alices_talk
from tests.scripted import Session, scripted_upstream

pytestmark = pytest.mark.django_db(transaction=True)


async def hold(session: Session) -> None:
    await session.open()
    await session.hold()


async def prefer(user: User, **choices: Any) -> None:
    await sync_to_async(store.save_preferences)(user, choices)


async def test_a_call_begins_with_what_its_user_has_chosen(alice: User, settings: Settings) -> None:
    asked: dict[str, Any] = {}

    async def script(session: Session) -> None:
        asked.update(await session.open())
        await session.hold()

    await prefer(alice, voice="sage", speed=1.25, language="de", turn_detection="none")
    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        started = await page.until("chat.call.started")
        await page.until("chat.status", state="ready")
        async with opened(alice, "/ws/captions/") as watching:
            seen = await watching.until("chat.watch.started")
    assert started["persona"] == {
        "slug": "assistant",
        "name": "Assistant",
        "voice": "sage",
        "speed": 1.25,
        "language": "de",
        "turn_detection": None,
    }
    assert seen["live"]["persona"] == started["persona"]
    assert asked["audio"]["output"]["voice"] == "sage"
    assert asked["audio"]["output"]["speed"] == 1.25
    assert asked["audio"]["input"]["transcription"]["language"] == "de"
    assert asked["audio"]["input"]["turn_detection"] is None


async def test_what_the_persona_keeps_to_itself_stays(
    alice: User, persona: Persona, settings: Settings
) -> None:
    persona.user_settings = ["speed"]
    await persona.asave()
    await prefer(alice, voice="sage", speed=1.25, turn_detection="none")
    async with scripted_upstream(hold) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        told = (await page.until("chat.call.started"))["persona"]
    assert (told["voice"], told["speed"]) == ("alloy", 1.25)
    assert told["turn_detection"]["type"] == "server_vad"


async def test_a_conversation_keeps_its_persona_and_a_new_one_takes_the_chosen(
    alice: User, persona: Persona, settings: Settings
) -> None:
    guide = await Persona.objects.acreate(slug="guide", name="Guide")
    talk = await Conversation.objects.acreate(user=alice, persona=persona)
    await prefer(alice, persona=guide)
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        for query, slug in (
            (f"conversation={talk.pk}&persona=guide", "assistant"),
            ("", "guide"),
            ("persona=assistant", "assistant"),
        ):
            async with opened(alice, f"/ws/call/?{query}") as page:
                started = await page.until("chat.call.started")
                assert started["persona"]["slug"] == slug


async def test_nobody_begins_with_a_persona_that_is_not_listed(
    alice: User, settings: Settings
) -> None:
    await Persona.objects.acreate(slug="guide", name="Guide", is_listed=False)
    async with opened(alice, "/ws/call/?persona=guide") as page:
        assert (await page.until("chat.error"))["code"] == "persona_not_found"
        assert await page.until_closed() == 4404


async def delete_as(user: User, conversation_id: str) -> None:
    client = Client()
    await sync_to_async(client.force_login)(user)
    answer = await sync_to_async(client.post)(f"/history/{conversation_id}/delete")
    assert answer.status_code == 204


async def test_deleting_a_conversation_ends_its_call_with_a_sentence(
    alice: User, settings: Settings
) -> None:
    async with scripted_upstream(hold) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        talk = (await page.until("chat.call.started"))["conversation"]["id"]
        await page.until("chat.status", state="ready")
        await delete_as(alice, talk)
        told = await page.until("chat.error")
        assert told["code"] == "conversation_deleted"
        assert "deleted" in told["message"]
        assert await page.until_closed() == 4404
    async with opened(alice, f"/ws/call/?conversation={talk}") as page:
        assert (await page.until("chat.error"))["code"] == "conversation_not_found"
        assert await page.until_closed() == 4404
    async with opened(alice, "/ws/captions/") as page:
        assert (await page.until("chat.watch.started"))["live"] is None


async def test_a_tab_is_told_of_a_conversation_that_is_deleted_after_its_call(
    alice: User, charlie: User
) -> None:
    talk = str((await sync_to_async(alices_talk)(alice)).pk)
    async with (
        opened(alice, "/ws/captions/") as tab,
        opened(charlie, "/ws/captions/") as outsider,
    ):
        await tab.until("chat.watch.started")
        await outsider.until("chat.watch.started")
        await delete_as(alice, talk)
        told = await tab.until("chat.conversation.deleted")
        assert told["conversation"] == talk
        await outsider.send("anything")
        await outsider.until("chat.error")
        assert not outsider.told("chat.conversation.deleted")


async def test_a_call_ends_by_its_row_when_the_order_was_lost(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "HEARTBEAT_S", 0.05)
    async with scripted_upstream(hold) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        talk = (await page.until("chat.call.started"))["conversation"]["id"]
        await page.until("chat.status", state="ready")
        conversation = await Conversation.objects.aget(pk=talk)
        await sync_to_async(store.delete_conversation)(conversation)
        assert (await page.until("chat.error"))["code"] == "ended_elsewhere"
        assert await page.until_closed() == 4409
