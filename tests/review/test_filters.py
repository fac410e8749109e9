"""Each filter of the list leaves what it says."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from chatbot import reviewing, store
from chatbot.models import Call, Conversation, User
from chatbot.reviewing import Work, seen_at
from tests.people import alices_talk
from tests.review.lists import LIST, listed

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture
def moon(alice: User, talk: Conversation, bob: User) -> Conversation:
    """Another one, which Bob has in review; of the two, the sea has failures."""
    moon = alices_talk(alice, "The moon")
    moon.turns.filter(status="failed").delete()
    store.recount(Conversation.objects.filter(pk=moon.pk))
    work = Work("in_review", bob, 4, True, ["Billing"])
    reviewing.save(moon, work, bob, seen=seen_at(moon, None))
    return moon


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?state=unreviewed", ["The sea"]),
        ("?state=in_review", ["The moon"]),
        ("?state=reviewed", []),
        ("?state=nonsense", ["The moon", "The sea"]),
        ("?mine=yes", ["The moon"]),
        ("?mine=done", []),
        ("?flagged=yes", ["The moon"]),
        ("?flagged=no", ["The sea"]),
        ("?reviewed=yes", []),
        ("?reviewed=no", ["The moon", "The sea"]),
        ("?failures=yes", ["The sea"]),
        ("?failures=no", ["The moon"]),
        ("?tag=billing", ["The moon"]),
        ("?tag=bill", []),
        ("?tag=%00", ["The moon", "The sea"]),
        ("?user=alice", ["The moon", "The sea"]),
        ("?user=charlie", []),
        ("?user=%00alice", ["The moon", "The sea"]),
        ("?live=yes", []),
        ("?held=yes", []),
        ("?held=no", ["The moon", "The sea"]),
    ],
)
def test_a_filter_leaves_what_it_says(
    staff: Client, moon: Conversation, query: str, found: list[str]
) -> None:
    assert sorted(listed(staff, query)) == found


def test_what_is_reviewed_leaves_the_queue(staff: Client, moon: Conversation, bob: User) -> None:
    reviewing.set_state(Conversation.objects.filter(pk=moon.pk), "reviewed", bob)
    assert listed(staff, "?mine=yes") == []
    assert listed(staff, "?mine=done") == ["The moon"]
    assert listed(staff, "?state=reviewed") == ["The moon"]


def test_live_is_what_a_worker_was_heard_of_in(staff: Client, moon: Conversation) -> None:
    Call.objects.create(conversation=moon, worker="host:1")
    long_ago = timezone.now() - timedelta(hours=1)
    Call.objects.create(
        conversation=alices_talk(moon.user, "The sun"), worker="host:2", last_seen_at=long_ago
    )
    assert listed(staff, "?live=yes") == ["The moon"]
    assert "review-live" in staff.get(f"{LIST}?live=yes").content.decode()


def days(**span: timedelta) -> str:
    asked = {name: (timezone.localdate() + by).isoformat() for name, by in span.items()}
    return f"?{urlencode(asked)}"


def test_days_are_whole_and_both_included(staff: Client, talk: Conversation) -> None:
    day = timezone.localtime(talk.created_at).date().isoformat()
    assert listed(staff, f"?from={day}&to={day}") == ["The sea"]
    assert listed(staff, days(**{"from": timedelta(days=2)})) == []
    assert listed(staff, days(to=timedelta(days=-2))) == []


@pytest.mark.parametrize("day", ["nonsense", "2026-02-30", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_is_a_sentence(staff: Client, talk: Conversation, day: str) -> None:
    page = staff.get(LIST, {"to": day})
    assert page.status_code == 200
    is_told = "That is no date" in page.content.decode()
    assert is_told is (day != "0001-01-01")


def test_filters_stay_when_another_is_typed(staff: Client, moon: Conversation) -> None:
    page = staff.get(f"{LIST}?state=in_review&flagged=yes").content.decode()
    assert '<input type="hidden" name="state" value="in_review">' in page
    assert listed(staff, "?state=in_review&flagged=yes&user=alice&tag=billing") == ["The moon"]
