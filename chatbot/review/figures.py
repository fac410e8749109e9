"""What the list says of each conversation that it shows: two queries, whatever there is in all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median_low
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chatbot import usage
from chatbot.access import with_length
from chatbot.models import CALL_LEASE, Call, Conversation, Turn


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one conversation. `latency_ms` is the median of its answers, None without any."""

    latency_ms: int | None = None
    length: timedelta | None = None
    is_live: bool = False
    known_usd: Decimal = usage.NOTHING
    unknown_costs: int = 0
    usage_count: int = 0


def is_live() -> Exists:
    """Whether a call of the outer query's conversation runs now, on whatever worker."""
    alive = timezone.now() - CALL_LEASE
    running = Call.objects.filter(ended_at=None, last_seen_at__gt=alive)
    return Exists(running.filter(conversation=OuterRef("pk")))


def figures_of(ids: list[UUID], with_cost: bool) -> dict[UUID, Figures]:
    """Figures of these conversations; without their costs for who may not see any."""
    rows: QuerySet[Any, Any] = with_length(Conversation.objects.filter(pk__in=ids))
    names = ["length", "live"]
    if with_cost:
        rows = usage.with_cost(rows)
        names += ["known_usd", "unknown_costs", "usage_count"]
    found = rows.annotate(live=is_live()).order_by().values_list("pk", *names)
    latencies = latencies_of(ids)
    return {pk: Figures(latencies.get(pk), *figures) for pk, *figures in found}


def latencies_of(ids: list[UUID]) -> dict[UUID, int]:
    """The median in milliseconds of the answers of each; of those with any."""
    answers = Turn.objects.filter(conversation__in=ids, latency_ms__isnull=False)
    found: dict[UUID, list[int]] = defaultdict(list)
    for conversation, latency_ms in answers.order_by().values_list("conversation", "latency_ms"):
        found[conversation].append(latency_ms or 0)
    return {conversation: median_low(each) for conversation, each in found.items()}
