"""Signing out in one tab ends what the others have open."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session as SessionRow
from django.test import Client
from pytest_django import Settings

from chatbot import consumers
from chatbot.models import Call, User
from tests.browser import cookie_of, opened
from tests.scripted import Session, scripted_upstream

pytestmark = pytest.mark.django_db(transaction=True)


async def hold(session: Session) -> None:
    await session.open()
    await session.hold()


def sign_out(cookie: str) -> None:
    browser = Client()
    browser.cookies[django_settings.SESSION_COOKIE_NAME] = cookie.partition("=")[2]
    assert browser.post("/accounts/logout/").status_code == 302


def lose_session(cookie: str) -> None:
    """As when the order that goes with it does not arrive."""
    SessionRow.objects.filter(pk=cookie.partition("=")[2]).delete()


@pytest.mark.parametrize("end", [sign_out, lose_session])
async def test_a_call_and_captions_end_with_their_session(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch, end: Any
) -> None:
    if end is lose_session:
        monkeypatch.setattr(consumers, "SESSION_LOOK_S", 0.05)
    cookie = await cookie_of(alice)
    async with scripted_upstream(hold) as upstream, AsyncExitStack() as sockets:
        settings.REALTIME_URL = upstream.url
        page = await sockets.enter_async_context(opened(None, cookie=cookie))
        tab = await sockets.enter_async_context(opened(None, "/ws/captions/", cookie=cookie))
        await page.until("chat.status", state="ready")
        await tab.until("chat.watch.started")
        await sync_to_async(end)(cookie)
        for socket in (page, tab):
            error = await socket.until("chat.error")
            assert error["message"] == "You are not signed in. Sign in, then call again."
            assert await socket.until_closed() == 4401
    assert (await Call.objects.aget()).close_code == 4401


async def test_what_another_browser_has_open_goes_on(alice: User) -> None:
    here, there = await cookie_of(alice), await cookie_of(alice)
    async with (
        opened(None, "/ws/captions/", cookie=here) as leaving,
        opened(None, "/ws/captions/", cookie=there) as staying,
    ):
        await leaving.until("chat.watch.started")
        await staying.until("chat.watch.started")
        await sync_to_async(sign_out)(here)
        assert await leaving.until_closed() == 4401
        await staying.send("?")
        await staying.until("chat.error")
        assert staying.told("chat.error")[0]["code"] != "not_signed_in"
        assert staying.close_code is None
