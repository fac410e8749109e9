"""The event log of a call on its conversation's page in the admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from chatbot import eventlog_admin
from chatbot.models import Call, CallEvent, Conversation, User
from tests.people import alices_talk

pytestmark = pytest.mark.django_db


def logged_talk(alice: User, count: int) -> tuple[Conversation, Call]:
    """A conversation with so many events in its call, a second apart."""
    talk = alices_talk(alice)
    call = talk.calls.get()
    CallEvent.objects.bulk_create(
        CallEvent(
            call=call,
            at=call.started_at + timedelta(seconds=number),
            source="upstream",
            kind=f"response.number_{number}.",
            size=10,
            body={"said": f"<b>wave {number}</b>"} if number else {},
        )
        for number in range(count)
    )
    return talk, call


def shown(talk: Conversation, query: str = "") -> str:
    request = RequestFactory().get(f"/{query}")
    context = eventlog_admin.context_of(request, talk, list(talk.calls.all()))
    return render_to_string("admin/chatbot/conversation/events.html", {"events": context})


def test_a_log_is_folded_until_it_is_asked_for(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    talk, call = logged_talk(alice, 3)
    calls = list(talk.calls.all())
    request = RequestFactory().get("/?turns=2")
    with django_assert_num_queries(1):
        [log] = eventlog_admin.context_of(request, talk, calls)["logs"]
    assert (log.call, log.count, log.lines) == (call, 3, [])
    assert log.address == f"?turns=2&events={call.pk}#events"
    page = shown(talk)
    assert "3 events" in page
    assert "response.number_1." not in page


def test_an_unfolded_log_says_what_happened_when(alice: User) -> None:
    talk, call = logged_talk(alice, 3)
    page = shown(talk, f"?events={call.pk}")
    assert "<td>2.000</td>" in page
    assert "From the upstream" in page
    assert "&lt;b&gt;wave 2&lt;/b&gt;" in page
    assert "<b>" not in page


def test_a_long_log_has_pages(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    talk, call = logged_talk(alice, 401)
    page = shown(talk, f"?events={call.pk}&page=2")
    assert "response.number_199." not in page
    assert "response.number_200." in page
    assert "response.number_399." in page
    assert f'<a href="?events={call.pk}&amp;page=3#events">3</a>' in page
    with django_assert_num_queries(3):
        shown(talk, f"?events={call.pk}&page=nonsense")


def test_somebody_elses_call_unfolds_nothing(alice: User, charlie: User) -> None:
    talk, _ = logged_talk(alice, 1)
    other = alices_talk(charlie)
    CallEvent.objects.create(call=other.calls.get(), source="call", kind="response.secret.")
    assert "response.secret." not in shown(talk, f"?events={other.calls.get().pk}")


def test_it_says_how_long_it_is_kept_and_when_it_is_off(alice: User, settings: Settings) -> None:
    talk = alices_talk(alice)
    settings.EVENTS_KEPT_DAYS = 7
    assert "kept for 7 days" in shown(talk)
    assert "No events are kept" in shown(talk)
    settings.EVENTS_KEPT_DAYS = 0
    assert "kept for" not in shown(talk)
    settings.EVENTS = False
    assert "EVENTS is false" in shown(talk)
