"""Figures of all conversations: counted right, for whom they are, and each with its list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chatbot import overview
from chatbot.models import Call, Conversation, Persona, Review, Turn, Usage, User
from chatbot.overview import Period

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVE = NOON - timedelta(days=1)
DAYS = Period(EVE.date(), NOON.date())


def talk(
    user: User,
    persona: Persona,
    at: datetime = NOON,
    latencies: tuple[int, ...] = (),
    minutes: float = 2,
    close_code: int = 1000,
    end_reason: str = "user",
) -> Conversation:
    """A conversation with one call and an answer for each latency."""
    conversation = Conversation.objects.create(
        user=user, persona=persona, title="The sea", created_at=at, turn_count=len(latencies)
    )
    ended = at + timedelta(minutes=minutes)
    call = Call.objects.create(
        conversation=conversation,
        worker="host:1",
        started_at=at,
        last_seen_at=ended,
        ended_at=ended,
        close_code=close_code,
        end_reason=end_reason,
    )
    for position, latency_ms in enumerate(latencies):
        add_turn(conversation, position, at, call=call, latency_ms=latency_ms)
    Usage.objects.create(
        call=call, persona=persona, kind="response", model="m", cost_usd=Decimal("0.5"),
        created_at=at,
    )  # fmt: skip
    return conversation


def add_turn(conversation: Conversation, position: int, at: datetime, **columns: object) -> Turn:
    row = {"role": "assistant", "modality": "audio", "status": "completed", **columns}
    return Turn.objects.create(
        conversation=conversation, item_id=f"i{position}", position=position, started_at=at, **row
    )


@pytest.mark.every_database
def test_calls_minutes_and_people_are_counted_by_day(
    alice: User, charlie: User, persona: Persona
) -> None:
    for user in (alice, alice, charlie):
        talk(user, persona, minutes=1.5)
    talk(alice, persona, EVE)
    talk(alice, persona, EVE - timedelta(days=1))
    assert overview.calls(DAYS) == {
        NOON.date(): overview.Calls(3, 4.5, 2),
        EVE.date(): overview.Calls(1, 2.0, 1),
    }


@pytest.mark.every_database
def test_latencies_are_ranked_by_day_and_are_values_that_were_measured(
    alice: User, persona: Persona
) -> None:
    talk(alice, persona, latencies=tuple(range(10, 210, 10)))
    talk(alice, persona, EVE, latencies=(900, 100, 500))
    silent = talk(alice, persona)
    add_turn(silent, 0, NOON, latency_ms=None)
    assert overview.latency(DAYS) == {
        NOON.date(): overview.Latency(100, 190),
        EVE.date(): overview.Latency(500, 900),
    }


@pytest.mark.every_database
def test_both_ways_of_ranking_find_the_same(alice: User, persona: Persona) -> None:
    for count in range(1, 60):
        at = NOON - timedelta(days=count)
        talk(alice, persona, at, latencies=tuple(7 * n % 61 for n in range(count)))
    period = Period(NOON.date() - timedelta(days=60), NOON.date())
    by_hand = {}
    for count in range(1, 60):
        ordered = sorted(7 * n % 61 for n in range(count))
        day = (NOON - timedelta(days=count)).date()
        by_hand[day] = overview.ranked(ordered)
    assert overview.latency(period) == by_hand


@pytest.mark.every_database
def test_what_was_cut_and_what_failed_is_counted_by_kind(alice: User, persona: Persona) -> None:
    conversation = talk(alice, persona, close_code=1013, end_reason="upstream_unavailable")
    add_turn(conversation, 0, NOON, status="interrupted")
    add_turn(conversation, 1, EVE, status="interrupted")
    add_turn(conversation, 2, NOON, status="interrupted", role="tool")
    add_turn(conversation, 3, NOON, status="failed", role="user", error="Not recognised.")
    add_turn(conversation, 4, EVE, status="failed", role="user", error="Not recognised.")
    add_turn(conversation, 5, EVE, status="failed", role="tool", error="The tool failed.")
    add_turn(conversation, 7, NOON, status="failed", role="tool", error="No order of Ada Byron.")
    add_turn(conversation, 6, EVE - timedelta(days=1), status="failed", error="Long ago.")
    interruptions, failures = overview.cuts(DAYS)
    assert interruptions == {NOON.date(): 1, EVE.date(): 1}
    assert failures == {
        ("turn", "Not recognised."): 2,
        ("tool", ""): 2,
        ("call", "upstream_unavailable"): 1,
    }


@pytest.mark.every_database
def test_costs_are_those_of_a_persona_also_when_its_conversations_are_erased(
    alice: User, persona: Persona
) -> None:
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    talk(alice, persona)
    talk(alice, pirate, EVE)
    Usage.objects.create(persona=pirate, kind="response", model="m", created_at=EVE)
    before = overview.costs(DAYS)
    assert before == {
        persona.pk: {NOON.date(): overview.Cost(Decimal("0.5"), 0, 1)},
        pirate.pk: {EVE.date(): overview.Cost(Decimal("0.5"), 1, 2)},
    }
    Conversation.objects.all().delete()
    assert overview.costs(DAYS) == before


@pytest.mark.every_database
def test_the_backlog_is_what_was_said_by_the_state_of_its_review(
    alice: User, persona: Persona
) -> None:
    talk(alice, persona)
    talk(alice, persona, EVE, latencies=(1,))
    opened = talk(alice, persona, latencies=(1,))
    done = talk(alice, persona, latencies=(1,))
    Review.objects.create(conversation=opened)
    Review.objects.create(conversation=done, state="reviewed")
    assert overview.backlog(DAYS) == {
        "unreviewed": {NOON.date(): 1, EVE.date(): 1},
        "reviewed": {NOON.date(): 1},
    }


@pytest.mark.every_database
def test_figures_of_a_persona_are_its_own(alice: User, persona: Persona) -> None:
    pirate = Persona.objects.create(slug="pirate", name="Pirate")
    talk(alice, persona, latencies=(100,))
    conversation = talk(alice, pirate, latencies=(300,), close_code=1011, end_reason="failed")
    add_turn(conversation, 9, NOON, status="failed", error="Not recognised.")
    add_turn(conversation, 10, NOON, status="interrupted")
    found = overview.figures(Period(EVE.date(), NOON.date(), pirate.pk), with_costs=True)
    assert found == overview.Figures(
        calls={NOON.date(): overview.Calls(1, 2.0, 1)},
        latency={NOON.date(): overview.Latency(300, 300)},
        interruptions={NOON.date(): 1},
        failures={("turn", "Not recognised."): 1, ("call", "failed"): 1},
        backlog={"unreviewed": {NOON.date(): 1}},
        costs={pirate.pk: {NOON.date(): overview.Cost(Decimal("0.5"), 0, 1)}},
    )


@pytest.mark.every_database
def test_a_day_is_one_of_the_time_zone_of_the_site(alice: User, persona: Persona) -> None:
    with timezone.override("Pacific/Auckland"):
        talk(alice, persona, datetime(2026, 3, 1, 10, 59, tzinfo=UTC))
        talk(alice, persona, datetime(2026, 3, 1, 11, 0, tzinfo=UTC))
        days = overview.calls(Period(NOON.date(), NOON.date()))
        assert {day: calls.count for day, calls in days.items()} == {NOON.date(): 1}


def test_a_period_ends_with_today() -> None:
    period = Period.of_last(7)
    assert period.last == timezone.localdate()
    assert len(period.days) == 7
    assert period.days[-1] == period.last
