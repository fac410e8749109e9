"""Staff end a call with a sentence: its user reads it, whichever way it comes."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.utils.translation import override
from pytest_django import Settings

from chatbot import control, ending, relay, store
from chatbot.models import AuditEntry, Call, Conversation, User
from chatbot.realtime.problems import ENDED_BY_STAFF
from tests.browser import opened
from tests.scripted import Session, scripted_upstream
from tests.test_gateway import calling

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE = "We repair 100 % of the lines now. Please call again at noon."


async def hold(session: Session) -> None:
    await session.open()
    await session.hold()


def end(talk: str, message: str, bob: User, *, is_told: bool = True) -> None:
    conversation = Conversation.objects.get(pk=talk)
    for call_id, problem in ending.end_calls(conversation, message, bob, "192.0.2.7").items():
        if is_told:
            async_to_sync(control.order_end_by_staff)(call_id, problem)


@pytest.mark.parametrize("is_told", [True, False])
async def test_the_user_reads_what_staff_say_even_when_the_order_is_lost(
    alice: User,
    bob: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    is_told: bool,
) -> None:
    monkeypatch.setattr(relay, "HEARTBEAT_S", 0.05 if not is_told else 60)
    async with scripted_upstream(hold) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        talk = (await page.until("chat.call.started"))["conversation"]["id"]
        await page.until("chat.status", state="ready")
        await sync_to_async(end)(talk, MESSAGE, bob, is_told=is_told)
        error = await page.until("chat.error")
        assert (error["code"], error["message"]) == ("ended_by_staff", MESSAGE)
        assert await page.until_closed() == ENDED_BY_STAFF
    call = await Call.objects.aget()
    assert (call.close_code, call.end_reason) == (4410, "ended_by_staff")
    entry = await AuditEntry.objects.aget(action="end_call")
    assert (entry.actor_name, entry.target_id, entry.address) == ("bob", talk, "192.0.2.7")
    assert entry.detail == {"call": str(call.pk), "message": MESSAGE}


async def test_a_page_whose_line_broke_does_not_call_again_by_itself(
    alice: User, bob: User, settings: Settings
) -> None:
    async with scripted_upstream(hold) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        started = await page.until("chat.call.started")
        talk, call_id = started["conversation"]["id"], started["call_id"]
        await sync_to_async(end)(talk, MESSAGE, bob, is_told=False)
        path = f"/ws/call/?conversation={talk}"
        async with opened(alice, f"{path}&resume={call_id}") as again:
            assert (await again.until("chat.error"))["message"] == MESSAGE
            assert await again.until_closed() == ENDED_BY_STAFF
        async with opened(alice, path) as called:  # its user may
            await called.until("chat.status", state="ready")


async def test_the_usual_sentence_is_read_in_the_users_language(
    alice: User, bob: User, settings: Settings
) -> None:
    async with scripted_upstream(hold) as upstream, opened(alice, language="es") as page:
        settings.REALTIME_URL = upstream.url
        talk = (await page.until("chat.call.started"))["conversation"]["id"]
        await page.until("chat.status", state="ready")
        with override("de"):
            await sync_to_async(end)(talk, ending.usual_sentence(), bob)
        told = await page.until("chat.error")
        assert told["message"].startswith("Quienes administran este sitio")


async def test_a_client_of_the_api_is_told_too(alice: User, bob: User, settings: Settings) -> None:
    token = await sync_to_async(store.create_token)(alice, "her script")
    async with scripted_upstream(hold) as upstream:
        settings.REALTIME_URL = upstream.url
        async with calling(token) as client:
            await client.until("session.created")
            talk = str((await Conversation.objects.aget()).pk)
            await sync_to_async(end)(talk, MESSAGE, bob)
            error = (await client.until("error"))["error"]
            assert (error["code"], error["message"]) == ("ended_by_staff", MESSAGE)
            assert (await client.until_closed())["code"] == ENDED_BY_STAFF


async def test_where_nothing_runs_nothing_is_ended(alice: User, bob: User, persona: Any) -> None:
    talk = await Conversation.objects.acreate(user=alice, persona=persona)
    assert await sync_to_async(ending.end_calls)(talk, MESSAGE, bob, None) == {}
    assert not await AuditEntry.objects.aexists()
