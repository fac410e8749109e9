"""Figures of all conversations by day, for staff: how much, how quick, how dear, what went wrong.

A query for each, over indexes in time, however many rows there are. Days are those of the current
time zone. A figure of a day without anything is absent.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from chatbot.models import Call, Conversation, Review, Turn, Usage
from chatbot.usage import NOTHING

#: Close codes of calls that the site, and not a person, has ended: an error, no upstream.
FAILED_CALLS = (1011, 1013)

#: Kinds of rows that a failure is in. What a tool says of its failure may quote what was said, so
#: those are one kind.
CALL, TURN, TOOL = "call", "turn", "tool"

#: Of p50 and p95.
SHARES = (0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included; and of one persona, or of all."""

    first: date
    last: date
    persona: int | None = None

    @classmethod
    def of_last(cls, days: int, persona: int | None = None) -> Period:
        """So many days with today as the last."""
        today = timezone.localdate()
        return cls(today - timedelta(days=days - 1), today, persona)

    def on(self, day: date) -> Period:
        """One day of it."""
        return Period(day, day, self.persona)

    @property
    def days(self) -> list[date]:
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(count)]

    def bounds(self) -> tuple[datetime, datetime]:
        """When it begins, and when the next one does.

        Raises:
            OverflowError: no such time.
        """
        begins, ends = (
            timezone.make_aware(datetime(day.year, day.month, day.day))
            for day in (self.first, self.last + timedelta(days=1))
        )
        return begins, ends

    def within(self, column: str, persona: str = "") -> Q:
        """Rows of the period: by the column of their time and the look-up of their persona."""
        begins, ends = self.bounds()
        rows = Q(**{f"{column}__gte": begins, f"{column}__lt": ends})
        return rows if self.persona is None else rows & Q(**{persona: self.persona})


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that began on a day, the minutes they lasted, and whose they were."""

    count: int
    minutes: float
    people: int


@dataclass(frozen=True, slots=True)
class Latency:
    """From the end of a question to the first sound of its answer: so many of 100 answers were
    that quick, in ms."""

    p50: int
    p95: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What is known, and how many of the rows have no known cost."""

    known_usd: Decimal = NOTHING
    unknown: int = 0
    rows: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.known_usd + other.known_usd, self.unknown + other.unknown, self.rows + other.rows
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a period. `failures` are by (kind of row, reason or sentence); costs by
    persona's id, which is None of one that is gone; the backlog by state of the review and the
    day that the conversation began. Costs are None for who may not see them."""

    calls: Mapping[date, Calls]
    latency: Mapping[date, Latency]
    interruptions: Mapping[date, int]
    failures: Mapping[tuple[str, str], int]
    backlog: Mapping[str, Mapping[date, int]]
    costs: Mapping[int | None, Mapping[date, Cost]] | None

    @property
    def is_empty(self) -> bool:
        """Nobody called, and nothing is left to review."""
        return not (self.calls or self.latency or self.backlog or self.costs)


def figures(period: Period, *, with_costs: bool) -> Figures:
    """Four queries, with costs five."""
    interruptions, failures = cuts(period)
    return Figures(
        calls=calls(period),
        latency=latency(period),
        interruptions=interruptions,
        failures=failures,
        backlog=backlog(period),
        costs=costs(period) if with_costs else None,
    )


def calls(period: Period) -> dict[date, Calls]:
    """Calls that began in the period, by day."""
    lasted = Coalesce(F("ended_at"), F("last_seen_at")) - F("started_at")
    rows = (
        Call.objects.filter(period.within("started_at", "conversation__persona"))
        .order_by()
        .values_list(TruncDate("started_at"))
        .annotate(
            count=Count("pk"), lasted=Sum(lasted), people=Count("conversation__user", distinct=True)
        )
    )
    return {
        day: Calls(count, sum_.total_seconds() / 60, people) for day, count, sum_, people in rows
    }


#: Day by day over the index of latencies, for which nothing but that day's has to be sorted.
_RANKS = """
    SELECT days.day, ranks.found[1], ranks.found[2]
    FROM unnest(%s::date[], %s::timestamptz[], %s::timestamptz[]) AS days(day, begins, ends),
        LATERAL (
            SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY turn.latency_ms) AS found
            FROM chatbot_turn AS turn {of_persona}
            WHERE turn.latency_ms IS NOT NULL
                AND turn.started_at >= days.begins AND turn.started_at < days.ends
        ) AS ranks
    WHERE ranks.found IS NOT NULL
"""
_OF_PERSONA = """
    JOIN chatbot_conversation AS conversation
    ON conversation.id = turn.conversation_id AND conversation.persona_id = %s
"""


def latency(period: Period) -> dict[date, Latency]:
    """Of the answers that began in the period, by day."""
    if connection.vendor == "postgresql":
        return _latency_on_postgresql(period)
    answers = Turn.objects.filter(
        period.within("started_at", "conversation__persona"), latency_ms__isnull=False
    )
    day = TruncDate("started_at")
    rows = answers.order_by(day, "latency_ms").values_list(day, "latency_ms")
    by_day = groupby(rows.iterator(), key=lambda row: row[0])
    return {day: ranked([value for _, value in of_day]) for day, of_day in by_day}


def _latency_on_postgresql(period: Period) -> dict[date, Latency]:
    begins, ends = zip(*(period.on(day).bounds() for day in period.days), strict=True)
    of_all = period.persona is None
    parameters = [period.days, list(begins), list(ends), list(SHARES)]
    with connection.cursor() as cursor:
        cursor.execute(
            _RANKS.format(of_persona="" if of_all else _OF_PERSONA),
            parameters if of_all else [*parameters, period.persona],
        )
        return {day: Latency(p50, p95) for day, p50, p95 in cursor.fetchall()}


def ranked(ordered: Sequence[int]) -> Latency:
    """Of latencies in order, those that PostgreSQL's percentile_disc finds."""
    return Latency(*(ordered[math.ceil(share * len(ordered)) - 1] for share in SHARES))


def cuts(period: Period) -> tuple[dict[date, int], dict[tuple[str, str], int]]:
    """Answers that were interrupted, by day; and failures, by kind."""
    day = TruncDate("started_at")
    cut = Q(status=Turn.Status.INTERRUPTED, role=Turn.Role.ASSISTANT)
    is_tool = Q(role=Turn.Role.TOOL)
    source = Case(When(is_tool, then=Value(TOOL)), default=Value(TURN), output_field=CharField())
    error = Case(When(is_tool, then=Value("")), default=F("error"), output_field=CharField())
    within = period.within("started_at", "conversation__persona")
    turns = (
        Turn.objects.filter(within, status__in=("failed", "interrupted"))
        .filter(cut | Q(status=Turn.Status.FAILED))
        .order_by()
        .values_list(source, "status", error, day)
        .annotate(count=Count("*"))
    )
    ended = (
        Call.objects.filter(within, close_code__in=FAILED_CALLS)
        .order_by()
        .values_list(Value(CALL, CharField()), Value("failed", CharField()), "end_reason", day)
        .annotate(count=Count("*"))
    )
    interruptions: dict[date, int] = defaultdict(int)
    failures: dict[tuple[str, str], int] = defaultdict(int)
    for source, status, kind, of_day, count in turns.union(ended, all=True):
        if status == Turn.Status.FAILED:
            failures[source, kind] += count
        else:
            interruptions[of_day] += count
    return dict(interruptions), dict(failures)


def costs(period: Period) -> dict[int | None, dict[date, Cost]]:
    """What was used in the period, also in conversations that are erased by now."""
    rows = (
        Usage.objects.filter(period.within("created_at", "persona"))
        .order_by()
        .values_list("persona", TruncDate("created_at"))
        .annotate(
            known=Coalesce(Sum("cost_usd"), NOTHING),
            priced=Count("cost_usd"),
            count=Count("*"),
        )
    )
    return _nested(
        (persona, day, Cost(known, count - priced, count))
        for persona, day, known, priced, count in rows
    )


def backlog(period: Period) -> dict[str, dict[date, int]]:
    """Conversations that began in the period and in which something was said, by how far their
    review is."""
    state = Coalesce("review__state", Value(Review.State.UNREVIEWED))
    rows = (
        Conversation.objects.filter(period.within("created_at", "persona"), turn_count__gt=0)
        .order_by()
        .values_list(state, TruncDate("created_at"))
        .annotate(count=Count("pk"))
    )
    return _nested(rows)


def _nested(rows: Iterable[tuple[Any, date, Any]]) -> dict[Any, dict[date, Any]]:
    found: dict[Any, dict[date, Any]] = defaultdict(dict)
    for key, day, value in rows:
        found[key][day] = value
    return dict(found)
