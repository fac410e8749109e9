"""Next and previous lead through the list that the reader came from."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from chatbot import reviewing
from chatbot.models import Conversation, User
from tests.people import alices_talk
from tests.review.lists import LIST, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture
def talks(alice: User) -> list[Conversation]:
    """Newest first; the second and the third began in the same moment."""
    now = timezone.now()
    talks = [alices_talk(alice, f"Talk {number}") for number in range(4)]
    for talk, minutes in zip(talks, (0, 1, 1, 2), strict=True):
        Conversation.objects.filter(pk=talk.pk).update(created_at=now - timedelta(minutes=minutes))
    talks[1:3] = sorted(talks[1:3], key=lambda talk: talk.pk, reverse=True)
    return talks


def around(client: Client, talk: Conversation, filters: str = "") -> list[str | None]:
    """The ids that the links lead to, and that the filters go along."""
    kept = f"?_changelist_filters={quote(filters)}" if filters else ""
    page = client.get(page_of(talk) + kept).content.decode()
    found = []
    for rel in ("prev", "next"):
        link = re.search(rf'rel="{rel}" href="{LIST}([^/]+)/change/([^"]*)"', page)
        assert not link or link[2] == f"?_changelist_filters={quote(filters, safe='')}" * bool(kept)
        found.append(link and link[1])
    return found


def test_they_lead_through_the_whole_list(staff: Client, talks: list[Conversation]) -> None:
    ids = [None, *(str(talk.pk) for talk in talks), None]
    for place, talk in enumerate(talks):
        assert around(staff, talk) == [ids[place], ids[place + 2]]


def test_they_keep_to_the_filters_and_the_order(
    staff: Client, talks: list[Conversation], bob: User
) -> None:
    reviewing.assign(Conversation.objects.exclude(pk=talks[1].pk), bob, bob)
    first, second, third = (str(talks[place].pk) for place in (0, 2, 3))
    assert around(staff, talks[2], "mine=yes") == [first, third]
    assert around(staff, talks[2], "mine=yes&o=4") == [third, first]
    assert around(staff, talks[2], "mine=yes&o=-6.4") == [third, first]
    assert around(staff, talks[0], "mine=yes&p=3&q=lighthouse") == [None, second]
    assert around(staff, talks[0], "q=nothing+of+that+kind") == [None, None]


def test_what_a_change_has_filtered_out_keeps_its_place(
    staff: Client, talks: list[Conversation], bob: User
) -> None:
    reviewing.set_state(Conversation.objects.filter(pk=talks[1].pk), "reviewed", bob)
    ids = [str(talk.pk) for talk in talks]
    assert around(staff, talks[1], "state=unreviewed") == [ids[0], ids[2]]


@pytest.mark.parametrize("filters", ["nonsense=1", "persona__id__exact=x", "q=%00", "e=1&o=zzz"])
def test_filters_that_are_none_are_the_whole_list(
    staff: Client, talks: list[Conversation], filters: str
) -> None:
    assert around(staff, talks[0], filters)[1] == str(talks[1].pk)
