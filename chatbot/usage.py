"""Totals of what was used and what it cost: of a conversation, a user, a persona, a day.

Each is one query. A cost that is not known is counted, never summed as 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext as _

from chatbot.models import Call, Conversation, Usage, User

NOTHING = Decimal(0)


def _sums(of: str = "") -> dict[str, Any]:
    """The columns of a `Total`; `of` is the look-up of the usage from the rows that are counted."""

    def together(*columns: str) -> Any:
        return Coalesce(Sum(reduce(add, (F(f"{of}{column}") for column in columns))), 0)

    return {
        "known_usd": Coalesce(Sum(f"{of}cost_usd"), NOTHING),
        "unknown": Count(f"{of}pk", filter=Q(**{f"{of}cost_usd": None})),
        "rows": Count(f"{of}pk"),
        "input_tokens": together("text_input_tokens", "audio_input_tokens", "image_input_tokens"),
        "cached_tokens": together(
            "cached_text_tokens", "cached_audio_tokens", "cached_image_tokens"
        ),
        "output_tokens": together("text_output_tokens", "audio_output_tokens"),
        "audio_seconds": Coalesce(Sum(f"{of}audio_seconds"), 0.0),
    }


#: What totals can be made by, as a look-up from `Usage`.
USER = "call__conversation__user__username"
PERSONA = "persona__name"
MODEL = "model"


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over `rows` responses and transcriptions; `unknown` of them have no known cost.

    Cached tokens are part of the input tokens.
    """

    known_usd: Decimal = NOTHING
    unknown: int = 0
    rows: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    audio_seconds: float = 0.0

    @property
    def cost(self) -> str:
        """The cost as people read it: "$0.0123", "unknown", or "-" when nothing was used."""
        return cost_text(self.known_usd, self.unknown, self.rows)


def cost_text(known_usd: Decimal, unknown: int, rows: int) -> str:
    """A sum of costs in words, which never hides that some of them are not known."""
    if rows == 0:
        return "-"
    if unknown == rows:
        return _("unknown")
    known = usd(known_usd)
    if not unknown:
        return known
    return _("%(cost)s + %(count)d unknown") % {"cost": known, "count": unknown}


def usd(amount: Decimal) -> str:
    """An amount as people read it: in hundredths of a cent, and what is less with the digits that
    tell it from nothing."""
    if not amount:
        return "$0.00"
    places = max(4, 1 - amount.adjusted())
    text = f"${amount:,.{places}f}"
    return text.rstrip("0") if places > 4 else text


def total(usage: QuerySet[Usage]) -> Total:
    """All of these rows as one."""
    return Total(**usage.aggregate(**_sums()))


def total_by(usage: QuerySet[Usage], what: str) -> list[tuple[Any, Total]]:
    """A total for each user, persona or model (`USER`, `PERSONA`, `MODEL`), dearest first."""
    groups = usage.order_by(what).values_list(what).annotate(**_sums())
    totals = [(key, Total(*sums)) for key, *sums in groups]
    return sorted(totals, key=lambda group: group[1].known_usd, reverse=True)


def total_by_day(usage: QuerySet[Usage]) -> list[tuple[Any, Total]]:
    """A total for each day in the current time zone, newest first."""
    groups = usage.order_by().annotate(day=TruncDate("created_at")).values_list("day")
    return [(key, Total(*sums)) for key, *sums in groups.annotate(**_sums()).order_by("-day")]


def total_by_call(conversation: Conversation) -> dict[UUID, Total]:
    """A total for each call of the conversation that used anything."""
    groups = of_conversation(conversation).order_by().values_list("call").annotate(**_sums())
    return {key: Total(*sums) for key, *sums in groups}


def calls_with_totals(conversation: Conversation) -> list[tuple[Call, Total]]:
    """The calls of the conversation, each with what it used."""
    sums = {f"total_{name}": sum for name, sum in _sums("usage__").items()}
    calls = conversation.calls.select_related("persona_version").annotate(**sums)
    calls = calls.order_by("started_at")  # what is grouped has no order of its own
    return [(call, Total(*(getattr(call, name) for name in sums))) for call in calls]


def sum_of(totals: Iterable[Total]) -> Total:
    """Several totals as one."""
    kept = list(totals)
    return Total(
        known_usd=sum((each.known_usd for each in kept), NOTHING),
        unknown=sum(each.unknown for each in kept),
        rows=sum(each.rows for each in kept),
        input_tokens=sum(each.input_tokens for each in kept),
        cached_tokens=sum(each.cached_tokens for each in kept),
        output_tokens=sum(each.output_tokens for each in kept),
        audio_seconds=sum(each.audio_seconds for each in kept),
    )


def of_conversation(conversation: Conversation) -> QuerySet[Usage]:
    """What the calls of a conversation used."""
    return Usage.objects.filter(call__conversation=conversation)


def of_user(user: User) -> QuerySet[Usage]:
    """What the calls of a user used."""
    return Usage.objects.filter(call__conversation__user=user)


def with_cost(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Adds `known_usd`, `unknown_costs` and `usage_count`; None and 0 where nothing was used.

    Sub-queries, so that further joins (a search, a filter) count nothing twice.
    """
    used = Usage.objects.filter(call__conversation=OuterRef("pk")).order_by()
    rows = used.values("call__conversation")
    costs = rows.annotate(total=Sum("cost_usd")).values("total")
    unknown = rows.annotate(total=Count("pk", filter=Q(cost_usd=None))).values("total")
    count = rows.annotate(total=Count("pk")).values("total")
    return conversations.annotate(
        known_usd=Coalesce(Subquery(costs), NOTHING),
        unknown_costs=Coalesce(Subquery(unknown), 0),
        usage_count=Coalesce(Subquery(count), 0),
    )
