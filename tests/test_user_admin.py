"""People, for staff."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from chatbot import consumers, control, holding
from chatbot.models import AuditEntry, Call, Conversation, User
from chatbot.rights import Right
from tests.browser import cookie_of, opened
from tests.people import alices_talk, staff_with
from tests.scripted import Session, scripted_upstream

pytestmark = pytest.mark.django_db(transaction=True)


def deactivate(staff: User, user: User) -> None:
    """As the form of the admin does it."""
    browser = Client()
    browser.force_login(staff)
    address = f"/admin/chatbot/user/{user.pk}/change/"
    form = browser.get(address).context["adminform"].form
    given: dict[str, Any] = {
        name: value for name, value in form.initial.items() if value not in (None, False, [])
    }
    del given["is_active"]
    given |= {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    assert browser.post(address, given).status_code == 302


async def test_whoever_may_not_sign_in_any_more_is_in_no_call(
    alice: User, bob: User, settings: Settings
) -> None:
    async def script(session: Session) -> None:
        await session.open()
        await session.hold()

    async with scripted_upstream(script) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="ready")
        await sync_to_async(deactivate)(bob, alice)
        assert (await page.until("chat.error"))["code"] == "account_inactive"
        assert await page.until_closed() == 4401
    assert not (await User.objects.aget(pk=alice.pk)).is_active
    assert (await Call.objects.aget()).end_reason == "account_inactive"


async def test_whoever_may_not_sign_in_any_more_watches_no_call(alice: User, bob: User) -> None:
    async with opened(alice, "/ws/captions/") as tab:
        await tab.until("chat.watch.started")
        await sync_to_async(deactivate)(bob, alice)
        error = await tab.until("chat.error")
        assert (error["code"], error["fatal"]) == ("account_inactive", True)
        assert error["message"] == control.ENDINGS["account_inactive"].message
        assert await tab.until_closed() == 4401


async def test_nor_when_the_order_is_lost(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "LOOK_S", 0.05)
    async with opened(alice, "/ws/captions/") as tab:
        await tab.until("chat.watch.started")
        await User.objects.filter(pk=alice.pk).aupdate(is_active=False)
        assert (await tab.until("chat.error"))["code"] == "account_inactive"
        assert await tab.until_closed() == 4401


async def test_an_inactive_user_opens_no_socket_to_watch(alice: User) -> None:
    cookie = await cookie_of(alice)
    await User.objects.filter(pk=alice.pk).aupdate(is_active=False)
    async with opened(None, "/ws/captions/", cookie=cookie) as tab:
        assert (await tab.until("chat.error"))["fatal"]
        assert await tab.until_closed() == 4401


def test_deleting_a_person_erases_them_and_shows_no_word_of_theirs(alice: User, bob: User) -> None:
    held = alices_talk(alice, title="Lighthouses")
    alices_talk(alice, title="Lighthouses, too")
    holding.hold(Conversation.objects.filter(pk=held.pk), bob)
    browser = Client()
    browser.force_login(bob)
    address = f"/admin/chatbot/user/{alice.pk}/delete/"
    page = browser.get(address).text
    assert "1 conversation" in page
    assert "What is held stays, without a name: 1" in page
    assert "ighthouse" not in page
    answer = browser.post(address, {"post": "yes"}, follow=True)
    assert "What is held stays, without a name: 1" in answer.text
    left = Conversation.objects.get()
    assert (left.pk, left.user.username[:7]) == (held.pk, "erased-")
    assert not User.objects.filter(pk=alice.pk).exists()
    assert "alice" not in str(LogEntry.objects.values_list("object_repr", "change_message"))
    entry = AuditEntry.objects.get(action="erase")
    assert (entry.actor_name, entry.target_id) == ("bob", str(alice.pk))


def test_deleting_people_from_the_list_erases_them(alice: User, bob: User, charlie: User) -> None:
    alices_talk(alice)
    browser = Client()
    browser.force_login(bob)
    chosen = {"action": "delete_selected", "_selected_action": [alice.pk, charlie.pk]}
    assert "1 conversation" in browser.post("/admin/chatbot/user/", chosen).text
    browser.post("/admin/chatbot/user/", {**chosen, "post": "yes"})
    assert list(User.objects.all()) == [bob]
    assert not Conversation.objects.exists()
    assert AuditEntry.objects.filter(action="erase").count() == 2


def test_a_person_is_deleted_by_staff_who_may_erase(client: Client, alice: User) -> None:
    staff = staff_with(name="clerk")
    staff.user_permissions.add(
        *Permission.objects.filter(codename__in=("view_user", "delete_user"))
    )
    client.force_login(staff)
    address = f"/admin/chatbot/user/{alice.pk}/delete/"
    assert client.get(address).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename=Right.ERASE))
    assert client.get(address).status_code == 200
