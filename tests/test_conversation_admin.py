"""Review in the Django admin: found, filtered, searched, and read as a transcript."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from chatbot import search, store
from chatbot.models import Conversation, Persona, User
from tests.people import alices_talk

LIST = "/admin/chatbot/conversation/"


def listed(client: Client, query: str = "") -> list[str]:
    page = client.get(f"{LIST}{query}").content.decode()
    return re.findall(r'class="field-name"><a [^>]+>([^<]+)<', page)


@pytest.fixture
def staff(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_the_list_shows_who_with_whom_when_how_long_and_how_much(
    staff: Client, alice: User
) -> None:
    alices_talk(alice).turns.filter(role="assistant").update(latency_ms=810)
    page = staff.get(LIST).content.decode()
    cells = re.findall(r'class="field-(\w+)[^"]*">(?:<a [^>]+>)?([^<]+)<', page)
    assert dict(cells) | {"started": ""} == {
        "name": "The sea",
        "owner": "alice",
        "persona": "Assistant",
        "started": "",
        "length": "0:01:30",
        "turns": "3",
        "cost": "-",
        "latency": "0.8 s",
        "state": "Unreviewed",
        "live": "-",
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("lighthouse", ["The sea"]),
        ("LIGHTHOUSE story", ["The sea"]),
        ("sea", ["The sea"]),
        ("alice@example.org", ["The moon", "The sea"]),
        ("no such word", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
)
def test_search_finds_words_that_were_said(
    staff: Client, alice: User, wanted: str, found: list[str]
) -> None:
    alices_talk(alice, "The sea")
    moon = alices_talk(alice, "The moon")
    moon.turns.update(text="Night.")
    list(search.reindex(Conversation.objects.filter(pk=moon.pk)))
    answer = staff.get(LIST, {"q": wanted})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert sorted(re.findall(r'class="field-name"><a [^>]+>([^<]+)<', page)) == found


def test_a_search_that_no_database_takes_is_a_message(staff: Client) -> None:
    page = staff.get(LIST, {"q": "\u0000"})
    assert page.status_code == 200
    assert "Null characters are not allowed." in page.content.decode()


def test_filters_by_persona_and_date(staff: Client, alice: User) -> None:
    talk = alices_talk(alice)
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    assert listed(staff, f"?persona__id__exact={talk.persona_id}") == ["The sea"]
    assert listed(staff, f"?persona__id__exact={pirate.pk}") == []
    assert listed(staff, f"?created_at__year={talk.created_at.year}") == ["The sea"]
    assert listed(staff, "?created_at__year=1999") == []


def test_the_list_costs_the_same_for_one_row_and_for_many(
    staff: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        alices_talk(alice, f"Talk {number}")
    with django_assert_max_num_queries(10):
        assert len(listed(staff)) == 30


def test_a_conversation_is_read_as_a_transcript_and_cannot_be_edited(
    staff: Client, alice: User
) -> None:
    talk = alices_talk(alice)
    page = staff.get(reverse("admin:chatbot_conversation_change", args=[talk.pk])).content.decode()
    assert page.index("Tell me a story about the sea.") < page.index("Once there")
    assert "Once there was a lighthouse." in page
    assert "The words could not be recognised." in page
    assert "after 0.7 s" in page
    assert "host:1" in page
    assert 'name="title"' not in page


@pytest.mark.parametrize(
    ("role", "is_typed"), [("user", True), ("assistant", False), ("tool", False)]
)
def test_only_what_a_user_has_written_was_typed(
    staff: Client, alice: User, role: str, is_typed: bool
) -> None:
    talk = alices_talk(alice)
    talk.turns.update(role=role, modality="text")
    page = staff.get(reverse("admin:chatbot_conversation_change", args=[talk.pk])).content.decode()
    assert (">typed<" in page) is is_typed


def test_words_in_a_transcript_are_text(staff: Client, alice: User) -> None:
    talk = alices_talk(alice)
    talk.turns.update(text="<script>alert(1)</script>")
    page = staff.get(reverse("admin:chatbot_conversation_change", args=[talk.pk])).content.decode()
    assert "<script>alert" not in page


def test_staff_without_the_permission_read_nothing(client: Client, alice: User) -> None:
    talk = alices_talk(alice)
    dave = User.objects.create_user("dave", is_staff=True)
    dave.user_permissions.add(Permission.objects.get(codename="view_persona"))
    client.force_login(dave)
    for address in (LIST, reverse("admin:chatbot_conversation_change", args=[talk.pk])):
        assert client.get(address).status_code == 403


def test_users_are_not_staff(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(LIST).status_code == 302


def test_calls_that_came_to_nothing_do_not_clutter_the_list(
    staff: Client, alice: User, persona: Persona
) -> None:
    alices_talk(alice)
    Conversation.objects.create(user=alice, persona=persona, title="Silence")
    assert listed(staff) == ["The sea"]
    assert listed(staff, "?turns=none") == ["Silence"]
    assert sorted(listed(staff, "?turns=all")) == ["Silence", "The sea"]
    assert listed(staff, "?turns=nonsense") == ["The sea"]


def test_staff_find_what_a_user_has_deleted(staff: Client, alice: User) -> None:
    alices_talk(alice)
    gone = alices_talk(alice, "The moon")
    store.delete_conversation(gone)
    assert listed(staff) == ["The moon (deleted)", "The sea"]
    assert listed(staff, "?deleted=yes") == ["The moon (deleted)"]
    assert listed(staff, "?deleted=no") == ["The sea"]
    page = staff.get(reverse("admin:chatbot_conversation_change", args=[gone.pk]))
    assert "Deleted by its user" in page.content.decode()
    assert "Once there was a lighthouse." in page.content.decode()


def test_a_missing_conversation_is_said_to_be_missing(staff: Client) -> None:
    address = reverse("admin:chatbot_conversation_change", args=[Conversation().pk])
    assert staff.get(address).status_code == 302
