"""Erasing ends the calls that run, wherever they run, and says why."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from chatbot import erasing, relay
from chatbot.models import Call, Conversation, Turn, User
from tests.browser import opened
from tests.scripted import Session, scripted_upstream

pytestmark = pytest.mark.django_db(transaction=True)


async def hold(session: Session) -> None:
    await session.open()
    await session.hear("Hello.")
    await session.hold()


def erase_all(by: User | None) -> int:
    return erasing.erase(Conversation.objects.all(), by).conversations


@sync_to_async
def left() -> tuple[int, int, int]:
    return Conversation.objects.count(), Call.objects.count(), Turn.objects.count()


async def test_a_call_in_what_is_erased_ends_with_a_sentence(
    alice: User, bob: User, settings: Settings
) -> None:
    async with scripted_upstream(hold) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.turn.saved", item_id="u1")
        assert await sync_to_async(erase_all)(bob) == 1
        told = await page.until("chat.error")
        assert (told["code"], "erased" in told["message"]) == ("conversation_erased", True)
        assert await page.until_closed() == 4404
    assert await left() == (0, 0, 0)


async def test_a_call_whose_rows_are_gone_ends_by_itself(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "HEARTBEAT_S", 0.05)
    async with scripted_upstream(hold) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.turn.saved", item_id="u1")
        monkeypatch.setattr("chatbot.control.order_end_of_erased", lose)
        assert await sync_to_async(erase_all)(None) == 1
        assert (await page.until("chat.error"))["code"] == "ended_elsewhere"
        assert await page.until_closed() == 4409
    assert await left() == (0, 0, 0)


async def lose(*order: object) -> None:
    """The order is lost on its way."""


async def test_all_that_a_person_has_open_ends(alice: User, settings: Settings) -> None:
    async with (
        scripted_upstream(hold) as upstream,
        opened(alice, "/ws/captions/") as tab,
        opened(alice) as page,
    ):
        settings.REALTIME_URL = upstream.url
        await page.until("chat.turn.saved", item_id="u1")
        await tab.until("chat.watch.started")
        await sync_to_async(erasing.erase_user)(alice)
        assert (await page.until("chat.error"))["code"] == "account_inactive"
        assert await page.until_closed() == 4401
        assert await tab.until_closed() == 4401
    assert await left() == (0, 0, 0)
    assert not await User.objects.aexists()
