"""Somebody else's is not there for Charlie; that he asked is in the audit."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.test import Client

from chatbot import store
from chatbot.models import AuditEntry, Conversation, Fact, User
from tests.browser import cookie_of, opened
from tests.people import alices_talk
from tests.test_gateway import calling

pytestmark = pytest.mark.django_db(transaction=True)


def refusals() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(action="refused").order_by("pk")
    return list(rows.values_list("actor_name", "target_kind", "target_id"))


PAGES = [
    ("get", "/history/{}/"),
    ("get", "/?conversation={}"),
    ("post", "/history/{}/rename"),
    ("post", "/history/{}/delete"),
    ("post", "/history/{}/restore"),
]


@pytest.mark.parametrize(("method", "address"), PAGES)
def test_a_page_of_somebody_elses_is_not_there_and_that_is_written_down(
    client: Client, alice: User, charlie: User, method: str, address: str
) -> None:
    talk = alices_talk(alice)
    client.force_login(charlie)
    assert getattr(client, method)(address.format(talk.pk)).status_code == 404
    assert refusals() == [("charlie", "conversation", str(talk.pk))]
    assert getattr(client, method)(address.format(uuid4())).status_code == 404
    assert getattr(client, method)(address.format("no-id")).status_code == 404
    assert len(refusals()) == 1


def test_an_entry_says_from_where_and_by_which_page(
    client: Client, alice: User, charlie: User
) -> None:
    talk = alices_talk(alice)
    client.force_login(charlie)
    client.get(f"/history/{talk.pk}/?words=the+sea", REMOTE_ADDR="192.0.2.7")
    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.address) == (charlie.pk, "192.0.2.7")
    assert entry.detail == {"path": f"/history/{talk.pk}/"}


def test_whoever_is_not_signed_in_is_written_down_too(client: Client, alice: User) -> None:
    talk = alices_talk(alice)
    for address in (f"/history/{talk.pk}/", f"/admin/chatbot/conversation/{talk.pk}/change/"):
        assert client.get(address).status_code == 302
    assert refusals() == [("", "conversation", str(talk.pk))] * 2


def test_ones_own_is_no_refusal(client: Client, alice: User) -> None:
    talk = alices_talk(alice)
    client.force_login(alice)
    assert client.get(f"/history/{talk.pk}/").status_code == 200
    store.delete_conversation(talk)
    assert client.get(f"/history/{talk.pk}/").status_code == 404
    assert refusals() == []


def test_somebody_elses_fact(client: Client, alice: User, charlie: User) -> None:
    fact = Fact.objects.create(user=alice, text="Likes the sea.")
    client.force_login(charlie)
    assert client.post(f"/memory/{fact.pk}/delete/").status_code == 404
    assert refusals() == [("charlie", "fact", str(fact.pk))]


def test_staff_without_the_right_and_users_in_the_admin(
    client: Client, alice: User, charlie: User
) -> None:
    talk = alices_talk(alice)
    dave = User.objects.create_user("dave", is_staff=True)
    dave.user_permissions.add(Permission.objects.get(codename="view_persona"))
    address = f"/admin/chatbot/conversation/{talk.pk}/change/"
    client.force_login(dave)
    assert client.get(address).status_code == 403
    client.force_login(charlie)
    assert client.get(address).status_code == 302
    who = [name for name, _kind, _id in refusals()]
    assert who == ["dave", "charlie"]


@pytest.mark.parametrize("path", ["/ws/call/", "/ws/captions/"])
async def test_a_socket_to_somebody_elses(alice: User, charlie: User, path: str) -> None:
    talk = await sync_to_async(alices_talk)(alice)
    async with opened(charlie, f"{path}?conversation={talk.pk}") as socket:
        if path == "/ws/call/":
            assert await socket.until_closed() == 4404
        else:
            assert "turns" not in await socket.until("chat.watch.started")
    async with opened(None, f"{path}?conversation={talk.pk}") as socket:
        assert await socket.until_closed() == 4401
    who: Any = [name for name, _kind, _id in await sync_to_async(refusals)()]
    assert who == ["charlie", ""]


async def test_a_socket_from_another_site(alice: User, charlie: User) -> None:
    talk = await sync_to_async(alices_talk)(alice)
    for user in (alice, charlie):
        cookie = await cookie_of(user)
        path = f"/ws/call/?conversation={talk.pk}"
        async with opened(None, path, origin="https://evil.example", cookie=cookie) as socket:
            assert await socket.until_closed() == 4403
    assert [name for name, *_ in await sync_to_async(refusals)()] == ["charlie"]


async def test_a_client_of_the_api(alice: User, charlie: User) -> None:
    talk = await sync_to_async(alices_talk)(alice)
    token = await sync_to_async(store.create_token)(charlie, "his script")
    for bearer in (token, None):
        async with calling(bearer, f"model=assistant&conversation={talk.pk}") as client:
            await client.until_closed()
    assert [name for name, *_ in await sync_to_async(refusals)()] == ["charlie", ""]
    assert await Conversation.objects.acount() == 1
