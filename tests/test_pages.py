"""The pages: one's own conversations, and nobody else's."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from chatbot.models import User
from tests.people import alices_talk


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/history/", "/history/2b2cb3a8-5c0f-4f0a-9a3e-0d5f7c1e8a11/", "/?conversation=x"]
)
def test_everybody_signs_in_first(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/")


def test_the_chat_page_holds_what_a_call_needs_and_no_secret(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = client.get("/").content.decode()
    assert 'data-call-path="/ws/call/"' in page
    assert "You are a helpful assistant" not in page


def test_the_chat_page_goes_on_with_ones_own_conversation(
    client: Client, alice: User, charlie: User
) -> None:
    talk = alices_talk(alice)
    client.force_login(alice)
    page = client.get(f"/?conversation={talk.pk}").content.decode()
    assert "Once there was a lighthouse." in page
    client.force_login(charlie)
    assert client.get(f"/?conversation={talk.pk}").status_code == 404


def test_history_lists_ones_own_conversations_newest_first(
    client: Client, alice: User, charlie: User
) -> None:
    alices_talk(alice, "The sea")
    alices_talk(alice, "The mountains")
    client.force_login(alice)
    page = client.get("/history/").content.decode()
    assert page.index("The mountains") < page.index("The sea")
    client.force_login(charlie)
    page = client.get("/history/").content.decode()
    assert "The sea" not in page


def test_history_is_paged(client: Client, alice: User) -> None:
    for number in range(25):
        alices_talk(alice, f"Talk {number:02}")
    client.force_login(alice)
    assert "Talk 00" not in client.get("/history/").content.decode()
    assert "Talk 00" in client.get("/history/?page=2").content.decode()
    assert client.get("/history/?page=nonsense").status_code == 200


def test_a_conversation_reads_as_a_transcript(
    client: Client, alice: User, bob: User, charlie: User
) -> None:
    talk = alices_talk(alice)
    address = reverse("conversation", args=[talk.pk])
    client.force_login(alice)
    page = client.get(address).content.decode()
    assert "Tell me a story about the sea." in page
    assert "Once there" in page
    assert "The words could not be recognised." in page
    for other in (bob, charlie):
        client.force_login(other)
        assert client.get(address).status_code == 404


def test_titles_cannot_carry_markup(client: Client, alice: User) -> None:
    alices_talk(alice, "<script>alert(1)</script>")
    client.force_login(alice)
    assert "<script>alert" not in client.get("/history/").content.decode()


def test_history_shows_an_answer_in_progress_as_far_as_it_was_said(
    client: Client, alice: User
) -> None:
    talk = alices_talk(alice)
    talk.turns.filter(role="assistant").update(status="in_progress")
    client.force_login(alice)
    page = client.get(f"/history/{talk.pk}/").content.decode()
    assert '<p class="turn-text">Once there was a lighthouse.</p>' in page
    assert "Being said now" in page
