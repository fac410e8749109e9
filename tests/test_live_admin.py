"""The page of a running call for staff: that it runs, and its end."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from chatbot import live_admin, store
from chatbot.models import AuditEntry, Call, Conversation, User
from chatbot.rights import Right
from tests.people import alices_talk, staff_with

pytestmark = pytest.mark.django_db

MESSAGE = "We repair the lines now."


@pytest.fixture
def call(alice: User) -> Call:
    return Call.objects.create(conversation=alices_talk(alice), worker=store.WORKER)


def address_of(conversation_id: Any) -> str:
    return f"/admin/chatbot/conversation/{conversation_id}/end-call/"


def end(client: Client, call: Call, message: str = MESSAGE) -> list[str]:
    """What staff are told on the next page."""
    answer = client.post(address_of(call.conversation_id), {"message": message})
    assert answer.headers["Location"].endswith(f"/{call.conversation_id}/change/")
    page = client.get("/admin/")
    return [str(message) for message in page.context["messages"]]


def test_whoever_has_the_right_ends_the_call_and_that_is_in_the_audit(
    client: Client, call: Call
) -> None:
    client.force_login(staff_with(Right.END_CALL))
    assert end(client, call) == ["The call was ended, and its user told why."]
    call.refresh_from_db()
    assert (call.close_code, call.end_reason) == (4410, "ended_by_staff")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id) == ("end_call", str(call.conversation_id))
    assert entry.detail["message"] == MESSAGE
    assert end(client, call) == ["No call runs in this conversation any more."]
    assert AuditEntry.objects.count() == 1


def test_nobody_else_does(client: Client, call: Call, alice: User, charlie: User) -> None:
    others = staff_with(*(set(Right) - {Right.END_CALL}))
    for user, status in ((others, 403), (charlie, 302), (alice, 302)):
        client.force_login(user)
        assert client.post(address_of(call.conversation_id)).status_code == status
    assert Client().post(address_of(call.conversation_id)).status_code == 302
    call.refresh_from_db()
    assert call.ended_at is None
    refused = AuditEntry.objects.filter(action="refused").order_by("pk")
    assert [entry.actor_name for entry in refused] == ["staff", "charlie", ""]


def test_a_message_that_is_too_long_ends_nothing(client: Client, call: Call) -> None:
    client.force_login(staff_with(Right.END_CALL))
    (told,) = end(client, call, "x" * 301)
    assert told == (
        "What the user reads has at most 300 characters; this has 301. The call goes on."
    )
    call.refresh_from_db()
    assert call.ended_at is None
    assert end(client, call, "x" * 300) == ["The call was ended, and its user told why."]


@pytest.mark.parametrize("message", ["", "   ", "a\0b"])
def test_odd_messages(client: Client, call: Call, message: str) -> None:
    client.force_login(staff_with(Right.END_CALL))
    (told,) = end(client, call, message)
    assert told == (
        "Null characters are not allowed."
        if "\0" in message
        else "The call was ended, and its user told why."
    )


def test_only_a_form_ends_a_call_and_only_one_that_is_there(client: Client, call: Call) -> None:
    client.force_login(staff_with(Right.END_CALL))
    assert client.get(address_of(call.conversation_id)).status_code == 405
    assert client.post(address_of(uuid4())).status_code == 404


def section(user: User, conversation: Conversation) -> str:
    request = RequestFactory().get("/")
    request.user = user
    context = {"conversation": conversation, "live": live_admin.context_of(request, conversation)}
    return render_to_string("admin/chatbot/conversation/live.html", context, request)


def test_the_page_shows_as_much_as_its_reader_may(call: Call) -> None:
    talk = call.conversation
    reader = section(staff_with(Right.READ, name="reader"), talk)
    ender = section(staff_with(Right.END_CALL, name="ender"), talk)
    assert 'data-path="/ws/review/"' in reader
    assert "<form" not in reader
    assert 'data-path=""' in ender
    assert "review-live.js" not in ender
    assert "The people who run this site have ended this call." in ender
    assert 'maxlength="300"' in ender
    for page in (reader, ender):
        assert 'data-state="here"' in page
        assert "A call is running." in page


def test_without_a_call_it_waits_unseen(call: Call) -> None:
    store.end_call(call.pk, 1000, "user")
    page = section(staff_with(Right.READ), call.conversation)
    assert re.search(r'<section id="live"[^>]* hidden>', page)
    assert "A call is running." not in page
