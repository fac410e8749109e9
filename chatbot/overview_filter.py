"""From a figure of the overview to the conversations that it counts: an address, and the filter of
the list that understands it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot.models import Call, Conversation, Review, Turn
from chatbot.overview import FAILED_CALLS, Period

if TYPE_CHECKING:
    from collections.abc import Callable

    Rows = Callable[[Period, str], Q | Exists]


def conversations(figure: str, period: Period, of: str = "") -> str:
    """The address of a list: the conversations behind a figure, of this reason, state or least
    latency."""
    asked = {Figure.parameter_name: f"{figure}:{period.first}:{period.last}:{of}", "turns": "all"}
    return _list("conversation", period, asked)


def usage(period: Period) -> str:
    """The address of the list of what was used."""
    begins, ends = period.bounds()
    asked = {"created_at__gte": str(begins), "created_at__lt": str(ends)}
    return _list("usage", period, asked)


def _list(model: str, period: Period, asked: dict[str, str]) -> str:
    if period.persona is not None:
        asked["persona__id__exact"] = str(period.persona)
    return f"{reverse(f'admin:chatbot_{model}_changelist')}?{urlencode(asked)}"


class Figure(admin.SimpleListFilter):
    """`?figure=<name>:<first day>:<last day>:<of>`; only shown once it is asked for."""

    title = _("figure of the overview")
    parameter_name = "figure"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = self.value()
        return [(asked, self._in_words(asked))] if asked else []

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Conversation]
    ) -> QuerySet[Conversation]:
        asked = self.value()
        if not asked:
            return queryset
        read = _read(asked)
        return queryset.filter(FIGURES[read[0]][1](read[1], read[2])) if read else queryset.none()

    def _in_words(self, asked: str) -> str:
        read = _read(asked)
        if read is None:
            return gettext("There is no such figure. Choose “All”.")
        name, period, of = read
        days = [date_format(day, "SHORT_DATE_FORMAT") for day in (period.first, period.last)]
        return f"{FIGURES[name][0]}: {' - '.join(dict.fromkeys(days))} {of and gettext(of)}".strip()


def _read(asked: str) -> tuple[str, Period, str] | None:
    """The figure's name, its days and what it is of; None for what is none of ours."""
    name, _colon, rest = asked.partition(":")
    first, _colon, rest = rest.partition(":")
    last, _colon, of = rest.partition(":")
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
        period.bounds()
        if name == "slower":
            int(of)
    except (ValueError, OverflowError):
        return None
    return (name, period, of) if name in FIGURES and "\0" not in of else None


def _turns(period: Period, **columns: Any) -> Exists:
    rows = Turn.objects.filter(period.within("started_at"), conversation=OuterRef("pk"), **columns)
    return Exists(rows)


def _calls(period: Period, **columns: Any) -> Exists:
    rows = Call.objects.filter(period.within("started_at"), conversation=OuterRef("pk"), **columns)
    return Exists(rows)


def _review(period: Period, state: str) -> Q:
    spoken = period.within("created_at") & Q(turn_count__gt=0)
    if state == Review.State.UNREVIEWED:
        return spoken & (Q(review=None) | Q(review__state=state))
    return spoken & Q(review__state=state)


#: Who speaks.
PEOPLE = (Turn.Role.USER, Turn.Role.ASSISTANT)

#: What the figures are called, and which conversations they count.
FIGURES: dict[str, tuple[Any, Rows]] = {
    "calls": (_("Calls"), lambda period, of: _calls(period)),
    "slower": (
        _("Answers this slow or slower (ms)"),
        lambda period, of: _turns(period, latency_ms__gte=int(of)),
    ),
    "interrupted": (
        _("Interrupted answers"),
        lambda period, of: _turns(period, status=Turn.Status.INTERRUPTED, role=Turn.Role.ASSISTANT),
    ),
    "turn": (
        _("Failed turns"),
        lambda period, of: _turns(period, status=Turn.Status.FAILED, role__in=PEOPLE, error=of),
    ),
    "tool": (
        _("Failed tools"),
        lambda period, of: _turns(period, status=Turn.Status.FAILED, role=Turn.Role.TOOL),
    ),
    "call": (
        _("Failed calls"),
        lambda period, of: _calls(period, close_code__in=FAILED_CALLS, end_reason=of),
    ),
    "review": (_("Review"), _review),
}
