"""Staff watch a running call: who may, what they see, and when it ends."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session as SessionRow
from django.test import Client
from pytest_django import Settings

from chatbot import consumers, control
from chatbot.models import AuditEntry, Call, Conversation, User
from chatbot.rights import Right
from tests.browser import cookie_of, opened
from tests.people import alices_talk, staff_with
from tests.scripted import Session, scripted_upstream

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader(persona: Any) -> User:
    return staff_with(Right.LIST, Right.READ)


def path_of(talk: Any) -> str:
    return f"/ws/review/?conversation={talk}"


@sync_to_async
def watched() -> list[tuple[str, str, Any]]:
    rows = AuditEntry.objects.filter(action="watch").order_by("pk")
    return [(row.actor_name, row.target_id, row.detail["call"]) for row in rows]


async def test_staff_see_the_captions_as_they_come_and_what_was_said_before(
    alice: User, charlie: User, reader: User, settings: Settings
) -> None:
    may_go_on = asyncio.Event()

    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Hello.")
        await session.answer("Hi.")
        await may_go_on.wait()
        await session.hear("And you?", item_id="u2")
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        started = await page.until("chat.call.started")
        talk, call = started["conversation"]["id"], started["call_id"]
        await page.until("chat.turn.saved", item_id="a1")
        async with opened(reader, path_of(talk)) as watching:
            live = (await watching.until("chat.watch.started"))["live"]
            assert live["call_id"] == call
            assert [turn["text"] for turn in live["turns"]] == ["Hello.", "Hi."]
            assert await watched() == [("staff", talk, call)]
            may_go_on.set()
            await watching.until("chat.turn.saved", item_id="u2")
            await page.send({"type": "chat.hangup"})
            ended = await watching.until("chat.call.ended", call_id=call)
            assert [turn["text"] for turn in ended["turns"]] == ["Hello.", "Hi.", "And you?"]
        assert watching.audio == b""


async def test_it_begins_by_itself_with_the_call_and_shows_no_other(
    alice: User, persona: Any, reader: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hear("Hello.")
        await session.hold()

    talk = await sync_to_async(alices_talk)(alice)
    other = await sync_to_async(alices_talk)(alice, "The moon")
    async with scripted_upstream(script) as upstream, opened(reader, path_of(talk.pk)) as watching:
        settings.REALTIME_URL = upstream.url
        assert (await watching.until("chat.watch.started"))["live"] is None
        async with opened(alice, f"/ws/call/?conversation={other.pk}") as elsewhere:
            await elsewhere.until("chat.turn.saved", item_id="u1")
            async with opened(alice, f"/ws/call/?conversation={talk.pk}") as page:
                started = await page.until("chat.call.started")
                await watching.until("chat.call.started", call_id=started["call_id"])
                await watching.until("chat.turn.saved", item_id="u1")
    shown = [event["call_id"] for event in watching.told("chat.call.started")]
    assert shown == [started["call_id"]]
    assert len(watching.told("chat.turn.saved")) == 1
    assert await watched() == [("staff", str(talk.pk), started["call_id"])]


async def test_a_call_whose_beginning_was_not_told_is_found(
    alice: User, reader: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "LOOK_S", 0.05)
    talk = await sync_to_async(alices_talk)(alice)
    async with opened(reader, path_of(talk.pk)) as watching:
        await watching.until("chat.watch.started")
        call = await Call.objects.acreate(conversation=talk, worker="elsewhere:1")
        started = await watching.until("chat.call.started")
        assert started["call_id"] == str(call.pk)
        await Call.objects.filter(pk=call.pk).aupdate(ended_at=call.started_at)
        await watching.until("chat.call.ended", call_id=str(call.pk))


async def refusal(user: User | None, path: str, **facts: Any) -> tuple[str, int]:
    async with opened(user, path, **facts) as socket:
        error = await socket.until("chat.error")
        assert error["message"] and error["fatal"]
        return error["code"], await socket.until_closed()


async def test_who_may_not_watch_is_told_so(alice: User, charlie: User, reader: User) -> None:
    talk = await sync_to_async(alices_talk)(alice)
    path = path_of(talk.pk)
    lister = await sync_to_async(staff_with)(*(set(Right) - {Right.READ}), name="lister")
    assert await refusal(None, path) == ("not_signed_in", 4401)
    assert await refusal(reader, path, origin="https://evil.example") == (
        "origin_not_allowed", 4403,
    )  # fmt: skip
    assert await refusal(charlie, path) == ("not_allowed", 4403)
    assert await refusal(lister, path) == ("not_allowed", 4403)
    assert await refusal(alice, path) == ("not_allowed", 4403)  # also on her own
    assert await refusal(reader, path_of(uuid4())) == ("conversation_not_found", 4404)
    assert await refusal(reader, path_of("what")) == ("conversation_not_found", 4404)
    assert await refusal(reader, "/ws/review/") == ("conversation_not_found", 4404)
    refused = AuditEntry.objects.filter(action="refused", target_id=str(talk.pk))
    assert [entry.actor_name async for entry in refused.order_by("pk")] == [
        "", "staff", "charlie", "lister",
    ]  # fmt: skip
    assert await watched() == []


def withdraw(reader: User) -> None:
    reader.user_permissions.clear()


def dismiss(reader: User) -> None:
    User.objects.filter(pk=reader.pk).update(is_staff=False)


def deactivate(reader: User) -> None:
    User.objects.filter(pk=reader.pk).update(is_active=False)


def lose_session(reader: User) -> None:
    SessionRow.objects.all().delete()


def erase(reader: User) -> None:
    Conversation.objects.all().delete()


@pytest.mark.parametrize(
    ("what_happens", "code"),
    [(withdraw, 4403), (dismiss, 4403), (deactivate, 4401), (lose_session, 4401), (erase, 4404)],
)
async def test_watching_ends_with_the_right_to_it(
    alice: User, reader: User, monkeypatch: pytest.MonkeyPatch, what_happens: Any, code: int
) -> None:
    monkeypatch.setattr(consumers, "LOOK_S", 0.05)
    talk = await sync_to_async(alices_talk)(alice)
    async with opened(reader, path_of(talk.pk)) as watching:
        await watching.until("chat.watch.started")
        await sync_to_async(what_happens)(reader)
        assert (await watching.until("chat.error"))["fatal"]
        assert await watching.until_closed() == code


def test_it_is_looked_often_enough() -> None:
    assert consumers.LOOK_S <= 5


async def test_watching_ends_at_once_when_staff_sign_out(alice: User, reader: User) -> None:
    talk = await sync_to_async(alices_talk)(alice)
    cookie = await cookie_of(reader)
    browser = Client()
    name, _, value = cookie.partition("=")
    browser.cookies[name] = value
    async with opened(None, path_of(talk.pk), cookie=cookie) as watching:
        await watching.until("chat.watch.started")
        await sync_to_async(browser.post)("/accounts/logout/")
        assert (await watching.until("chat.error"))["code"] == "not_signed_in"
        assert await watching.until_closed() == 4401


async def test_that_its_user_may_not_sign_in_ends_no_watching(alice: User, reader: User) -> None:
    talk = await sync_to_async(alices_talk)(alice)
    async with opened(reader, path_of(talk.pk)) as watching:
        await watching.until("chat.watch.started")
        await control.order_end_of_watching(alice.pk, "account_inactive")
        await watching.send("anything")
        await watching.until("chat.error")
        assert watching.close_code is None
