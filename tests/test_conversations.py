"""Renaming, deleting and having back: by a script, or by a form without one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chatbot import store
from chatbot.access import live_call_of
from chatbot.models import Call, Conversation, User
from tests.people import alices_talk

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
NOBODYS = "2b2cb3a8-5c0f-4f0a-9a3e-0d5f7c1e8a11"


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def talk(alice: User) -> Conversation:
    return alices_talk(alice)


def post(client: Client, talk: Conversation | str, what: str, **wishes: Any) -> Any:
    key = talk if isinstance(talk, str) else talk.pk
    return client.post(f"/history/{key}/{what}", **wishes)


def rename_by_json(client: Client, talk: Conversation, body: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return post(client, talk, "rename", data=text, content_type="application/json")


def title_of(talk: Conversation) -> str:
    talk.refresh_from_db()
    return talk.title


def test_a_script_renames_by_form_or_json(page: Client, talk: Conversation) -> None:
    assert post(page, talk, "rename", data={"title": "  The   deep sea "}).status_code == 204
    assert title_of(talk) == "The deep sea"
    assert rename_by_json(page, talk, {"title": "Mer"}).status_code == 204
    assert title_of(talk) == "Mer"


@pytest.mark.parametrize(
    "body", ["{", "[1]", "7", {}, {"title": ""}, {"title": "   "}, {"title": 7}, {"title": None},
             {"title": "x" * 121}, {"title": "a\0b"}, {"title": {"a": 1}}],
)  # fmt: skip
def test_what_is_no_name_is_refused_with_a_sentence(
    page: Client, talk: Conversation, body: Any
) -> None:
    answer = rename_by_json(page, talk, body)
    assert answer.status_code == 400
    assert answer.json()["title"].endswith(".")
    assert title_of(talk) == "The sea"


def test_a_name_can_have_120_characters(page: Client, talk: Conversation) -> None:
    assert rename_by_json(page, talk, {"title": "x" * 120}).status_code == 204


def test_a_form_without_scripts_is_answered_with_a_page(page: Client, talk: Conversation) -> None:
    wishes = {"headers": BROWSER, "follow": True}
    renamed = post(page, talk, "rename", data={"title": "Mer"}, **wishes)
    assert "Mer" in renamed.content.decode()
    back = {"title": "", "next": f"/history/{talk.pk}/"}
    refused = post(page, talk, "rename", data=back, **wishes)
    assert refused.redirect_chain == [(f"/history/{talk.pk}/", 302)]
    assert "Give the conversation a name." in refused.content.decode()
    elsewhere = {"title": "Mer", "next": "https://evil.example/"}
    assert post(page, talk, "rename", data=elsewhere, headers=BROWSER)["Location"] == "/history/"


def test_a_deleted_conversation_is_gone_until_it_is_restored(
    page: Client, talk: Conversation
) -> None:
    assert post(page, talk, "delete").status_code == 204
    assert "The sea" not in page.get("/").content.decode()
    assert "The sea" not in page.get("/history/").content.decode()
    for address in (f"/history/{talk.pk}/", f"/?conversation={talk.pk}"):
        assert page.get(address).status_code == 404
    assert post(page, talk, "delete").status_code == 404
    assert post(page, talk, "rename", data={"title": "x"}).status_code == 404
    assert "The sea" in page.get("/history/deleted/").content.decode()
    assert post(page, talk, "restore").status_code == 204
    assert "The sea" in page.get("/history/").content.decode()
    assert post(page, talk, "restore").status_code == 404


def test_a_form_that_deletes_offers_to_undo(page: Client, talk: Conversation) -> None:
    gone = post(page, talk, "delete", headers=BROWSER, follow=True).content.decode()
    assert "“The sea” is deleted." in gone
    assert f'action="/history/{talk.pk}/restore"' in gone
    back = post(page, talk, "restore", headers=BROWSER, follow=True).content.decode()
    assert "The conversation is back." in back
    assert 'data-testid="undo"' not in page.get(f"/history/?deleted={talk.pk}").content.decode()
    assert page.get("/history/?deleted=nonsense").status_code == 200


def test_after_30_days_it_cannot_be_had_back(page: Client, talk: Conversation) -> None:
    Conversation.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    assert post(page, talk, "restore").status_code == 404
    assert "The sea" not in page.get("/history/deleted/").content.decode()


@pytest.mark.parametrize("what", ["rename", "delete", "restore"])
def test_nobody_changes_somebody_elses_conversation(
    client: Client, alice: User, bob: User, charlie: User, what: str
) -> None:
    talk = alices_talk(alice)
    if what == "restore":
        store.delete_conversation(talk)
    before = Conversation.objects.values().get()
    assert post(client, talk, what, data={"title": "x"}).status_code == 401
    to_sign_in = post(client, talk, what, data={"title": "x"}, headers=BROWSER)
    assert to_sign_in["Location"] == "/accounts/login/?next=/history/"
    for other in (bob, charlie):
        client.force_login(other)
        assert post(client, talk, what, data={"title": "x"}).status_code == 404
    assert post(client, NOBODYS, what, data={"title": "x"}).status_code == 404
    assert post(client, "nonsense", what).status_code == 404
    client.force_login(alice)
    assert client.get(f"/history/{talk.pk}/{what}").status_code == 405
    assert Conversation.objects.values().get() == before


def test_another_site_deletes_nothing(alice: User, talk: Conversation) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert post(client, talk, "delete").status_code == 403
    client.get("/history/")
    token = client.cookies["csrftoken"].value
    assert post(client, talk, "delete", headers={"X-CSRFToken": token}).status_code == 204


def test_deleting_ends_the_calls_of_the_conversation(alice: User) -> None:
    limits: dict[str, Any] = {"persona_slug": None, "limit": 2}
    running = store.open_call(alice, conversation_id=None, **limits)
    other = store.open_call(alice, conversation_id=None, **limits)
    assert store.delete_conversation(running.conversation) == [running.call.pk]
    ended = Call.objects.get(pk=running.call.pk)
    assert (ended.close_code, ended.end_reason) == (4404, "conversation deleted")
    assert live_call_of(alice) == other.call
    with pytest.raises(Conversation.DoesNotExist):
        store.open_call(alice, conversation_id=str(running.conversation.pk), **limits)
