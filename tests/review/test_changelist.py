"""The list of conversations: cheap, whoever asks, and it shows no more than they may see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from chatbot import reviewing
from chatbot.models import AuditEntry, Conversation, User
from chatbot.review import changelist
from chatbot.reviewing import Work, seen_at
from chatbot.rights import Right
from tests.people import alices_talk
from tests.review.lists import LIST, listed

pytestmark = pytest.mark.django_db

#: All that staff may see of the list.
SEEING = [Right.LIST, Right.READ, Right.SEE_COST, Right.REVIEW]


def many(alice: User, count: int) -> None:
    for number in range(count):
        alices_talk(alice, f"Talk {number}")


def test_it_costs_the_same_for_one_row_and_for_many(
    with_rights: Callable[..., Client],
    alice: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = with_rights(*SEEING)
    many(alice, 1)
    with CaptureQueriesContext(connection) as one:
        assert len(listed(client)) == 1
    assert len(one) <= 10
    many(alice, 59)
    with django_assert_num_queries(len(one)):
        assert len(listed(client)) == 50


def test_what_is_not_counted_is_said_to_be_more(
    staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelist, "MOST_COUNTED", 60)
    many(alice, 60)
    page = staff.get(LIST).content.decode()
    assert "60 conversations" in page
    assert "60+" not in page
    many(alice, 1)
    page = staff.get(LIST).content.decode()
    assert "60+ conversations" in page
    assert "Select all 60+ conversations" in page
    assert "Search or filter" in page
    assert len(listed(staff, "?p=2")) == 10
    assert staff.get(f"{LIST}?p=3").status_code == 302


def test_the_count_looks_at_no_more_rows_than_it_tells(staff: Client, talk: Conversation) -> None:
    with CaptureQueriesContext(connection) as queries:
        staff.get(LIST)
    assert not [each["sql"] for each in queries if "COUNT(*)" in each["sql"]]
    assert len([each["sql"] for each in queries if "LIMIT 10001" in each["sql"]]) == 1


def test_without_the_right_to_read_there_is_no_title_and_no_search_in_words(
    with_rights: Callable[..., Client], talk: Conversation
) -> None:
    client = with_rights(Right.LIST)
    page = client.get(LIST).content.decode()
    assert f"Conversation {str(talk.pk)[:8]}" in page
    assert "The sea" not in page
    assert "User name or e-mail address" in page
    for term, count in (("lighthouse", 0), ("sea", 0), ("alic", 1), ("alice@example.org", 1)):
        page = client.get(LIST, {"q": term}).content.decode()
        assert page.count('class="field-number"') == count
    assert not AuditEntry.objects.exists()


def test_a_search_in_words_is_audited_without_them(
    staff: Client, talk: Conversation, bob: User
) -> None:
    assert listed(staff, "?q=lighthouse") == ["The sea"]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.detail) == ("search", "bob", {"found": "1"})


@pytest.mark.parametrize("may_see", [True, False])
def test_cost_is_shown_to_who_may_see_it(
    with_rights: Callable[..., Client], talk: Conversation, may_see: bool
) -> None:
    rights = [Right.LIST, *([Right.SEE_COST] if may_see else [])]
    page = with_rights(*rights).get(LIST).content.decode()
    assert ("column-cost" in page) is may_see


def test_who_has_no_right_to_the_list_has_none(
    with_rights: Callable[..., Client], client: Client, charlie: User, talk: Conversation
) -> None:
    others = [right for right in Right if right is not Right.LIST]
    assert with_rights(*others).get(LIST).status_code == 403
    client.force_login(charlie)
    assert client.get(LIST).status_code == 302


def test_the_state_names_who_reviews_and_a_flag(
    staff: Client, talk: Conversation, bob: User
) -> None:
    work = Work("in_review", bob, is_flagged=True)
    reviewing.save(talk, work, bob, seen=seen_at(talk, None))
    page = staff.get(LIST).content.decode()
    assert 'class="field-state">In review (bob) <span class="review-flag">flagged</span>' in page


@pytest.mark.parametrize("order", ["?o=4", "?o=-4", "?o=7.4", "?o=99", "?o=-x", "?o=1"])
def test_any_order_is_a_list(staff: Client, talk: Conversation, order: str) -> None:
    assert listed(staff, order) == ["The sea"]
