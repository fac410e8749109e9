"""The history: one's own conversations found by words, persona and day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chatbot import search, store
from chatbot.models import Conversation, Persona, Turn, User
from tests.people import alices_talk

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def shown(client: Client, **asked: Any) -> str:
    answer = client.get("/history/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def titles(page: str) -> list[str]:
    found = re.findall(r'class="conversation-title">(.*?)</span>', page)
    return [re.sub("</?mark>", "", title) for title in found]


def started(talk: Conversation, moment: datetime) -> None:
    Conversation.objects.filter(pk=talk.pk).update(created_at=moment)


def test_what_was_said_is_found_and_marked(page: Client, alice: User) -> None:
    talk = alices_talk(alice, "A night")
    store.rename_conversation(alices_talk(alice, "Recipes"), "Recipes for stories")
    found = shown(page, q="lighthouses stories")
    assert "2 conversations found" in found
    assert titles(found) == ["Recipes for stories", "A night"]
    assert "Recipes for <mark>stories</mark>" in found
    assert "Tell me a <mark>story</mark> about the sea." in found
    assert f'href="/history/{talk.pk}/?q=lighthouses%20stories#turn-0"' in found


def test_nobody_finds_what_somebody_else_said(client: Client, alice: User, charlie: User) -> None:
    alices_talk(alice)
    alices_talk(charlie, "Mine")
    client.force_login(charlie)
    assert titles(shown(client, q="lighthouse")) == ["Mine"]


def test_a_deleted_conversation_is_not_found(page: Client, alice: User) -> None:
    alices_talk(alice, "Kept")
    store.delete_conversation(alices_talk(alice))
    assert titles(shown(page, q="lighthouse")) == ["Kept"]


def test_conversations_are_filtered_by_persona(page: Client, alice: User, charlie: User) -> None:
    alices_talk(alice, "The sea")
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    Conversation.objects.filter(pk=alices_talk(alice, "Treasure").pk).update(persona=pirate)
    Persona.objects.create(slug="stranger", name="Stranger")
    assert titles(shown(page, persona="pirate")) == ["Treasure"]
    assert titles(shown(page, persona="pirate", q="sea")) == ["Treasure"]
    everything = shown(page)
    assert "Pirate" in everything
    assert "Stranger" not in everything
    refused = shown(page, persona="stranger")
    assert "You have no conversation with this persona." in refused
    assert len(titles(refused)) == 2


def test_days_begin_where_the_reader_is(page: Client, alice: User) -> None:
    started(alices_talk(alice, "Eve"), datetime(2026, 3, 1, 2, 30, tzinfo=UTC))
    started(alices_talk(alice, "Noon"), datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert titles(shown(page, since="2026-03-01", until="2026-03-01")) == ["Eve"]
    newyork = {"zone": "America/New_York"}
    assert titles(shown(page, since="2026-03-01", until="2026-03-01", **newyork)) == []
    assert titles(shown(page, until="2026-02-28", **newyork)) == ["Eve"]
    assert titles(shown(page, since="2026-03-02")) == ["Noon"]
    assert titles(shown(page, since="2026-03-02", zone="../../etc/passwd")) == ["Noon"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"since": "tomorrow"}, "Give the day as year, month and day"),
        ({"since": "2026-02-30"}, "Give the day as year, month and day"),
        ({"until": "2026-03-01\0"}, "Give the day as year, month and day"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "This day is before the first one."),
        ({"persona": "nobody"}, "You have no conversation with this persona."),
        ({"persona": "\0"}, "Null characters are not allowed."),
    ],
)
def test_what_is_filled_in_wrongly_is_told_at_its_field(
    page: Client, alice: User, asked: dict[str, str], sentence: str
) -> None:
    alices_talk(alice)
    assert sentence in shown(page, **asked)


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "2026-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["", "Pacific/Kiritimati", "America/New_York", "x\0", "/", "AAA"])
def test_any_day_in_any_zone_is_a_day(page: Client, alice: User, day: str, zone: str) -> None:
    alices_talk(alice)
    assert "History" in shown(page, since=day, until=day, zone=zone)


def test_paging_keeps_what_is_asked(page: Client, alice: User) -> None:
    for number in range(45):
        alices_talk(alice, f"Talk {number:02}")
    second = shown(page, q="lighthouse & sea", since="2020-01-01", page=2, deleted="x")
    assert "Page 2 of 3" in second
    for number in (1, 3):
        link = f"?q=lighthouse+%26+sea&amp;since=2020-01-01&amp;page={number}"
        assert f'href="{link}"' in second
    assert len(titles(shown(page, q="lighthouse", page="99"))) == 5


def test_an_empty_list_says_why(page: Client, alice: User) -> None:
    assert "No conversations yet" in shown(page, q="sea")
    alices_talk(alice)
    assert "Nothing found for “volcano”" in shown(page, q="volcano")
    assert "Look in all conversations" in shown(page, q="volcano", since="2020-01-01")
    assert "There is no word in it to look for." in shown(page, q="%%%")
    assert "No conversation is of this persona and these days." in shown(page, until="2020-01-01")
    assert "only its first words were looked for" in shown(page, q="sea " + "story sea " * 500)


@pytest.mark.parametrize(
    "query", ["<script>alert(1)</script>", '"><img src=x>', "%", "\0", "天" * 3000, "{{ user }}"]
)
def test_no_query_is_too_odd(page: Client, alice: User, query: str) -> None:
    talk = alices_talk(alice, "<b>bold</b> script")
    Turn.objects.filter(conversation=talk, position=1).update(text="<script>alert(1)</script> img")
    list(search.reindex(Conversation.objects.filter(pk=talk.pk)))
    for address in ("/history/", f"/history/{talk.pk}/"):
        answer = page.get(address, {"q": query})
        assert answer.status_code == 200
        for markup in ("<script>alert", "<img src=x", "<b>bold"):
            assert markup not in answer.content.decode()


def test_a_conversation_marks_what_was_found(page: Client, alice: User, charlie: User) -> None:
    talk = alices_talk(alice)
    found = page.get(f"/history/{talk.pk}/", {"q": "lighthouse once"}).content.decode()
    assert "“lighthouse once” is found in 1 turn." in found
    assert 'href="#turn-1"' in found
    assert '<span class="turn-heard"><mark>Once</mark> there</span>' in found
    assert "was a <mark>lighthouse</mark>." in found
    assert "was said in no turn" in page.get(f"/history/{talk.pk}/?q=volcano").content.decode()
    assert "<mark>" not in page.get(f"/history/{talk.pk}/").content.decode()
    page.force_login(charlie)
    assert page.get(f"/history/{talk.pk}/?q=lighthouse").status_code == 404


def test_a_transcript_says_where_another_day_begins(page: Client, alice: User) -> None:
    talk = alices_talk(alice)
    turn = talk.turns.get(position=2)
    Turn.objects.filter(pk=turn.pk).update(started_at=turn.started_at + timedelta(days=3))
    lines = page.get(f"/history/{talk.pk}/").content.decode().split('<li class="')
    kinds = [line.partition('"')[0] for line in lines]
    assert kinds[-5:] == ["day", "turn", "turn", "day", "turn"]


def test_a_long_list_asks_the_database_as_often_as_a_short_one(
    page: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(25):
        alices_talk(alice, f"Talk {number:02}")
    with django_assert_max_num_queries(10):
        shown(page, q="lighthouse", since="2020-01-01")
