"""The event logs of a conversation's calls, for staff who may read what was said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import HttpRequest

from chatbot.models import Call, CallEvent, Conversation

#: So many events are shown at once.
EVENTS_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it is shown; `seconds` since the call began."""

    event: CallEvent
    seconds: float
    body: str


@dataclass(frozen=True, slots=True)
class Log:
    """The log of one call; of the one that is unfolded, a page of its lines."""

    call: Call
    count: int
    address: str
    page: Page[CallEvent] | None
    lines: list[Line]
    pages: list[tuple[int | str, str]]


def context_of(
    request: HttpRequest, conversation: Conversation, calls: list[Call]
) -> dict[str, Any]:
    """`events` of `events.html`; `?events=<call>&page=<n>` unfolds a call's log."""
    kept = CallEvent.objects.filter(call__conversation=conversation).order_by()
    counts = dict(kept.values_list("call").annotate(count=Count("pk")))
    logs = [_log(request, call, counts[call.pk]) for call in calls if call.pk in counts]
    return {"logs": logs, "days": settings.EVENTS_KEPT_DAYS, "is_on": settings.EVENTS}


def _log(request: HttpRequest, call: Call, count: int) -> Log:
    if request.GET.get("events") != str(call.pk):
        return Log(call, count, _address(request, events=call.pk), None, [], [])
    rows = CallEvent.objects.filter(call=call).order_by("at", "pk")
    paginator = Paginator(rows, EVENTS_A_PAGE)
    paginator.count = count
    page = paginator.get_page(request.GET.get("page"))
    numbers = page.paginator.get_elided_page_range(page.number) if count > EVENTS_A_PAGE else ()
    pages = [
        (number, _address(request, events=call.pk, page=number) if number != page.number else "")
        for number in numbers
    ]
    return Log(call, count, _address(request), page, [_line(call, one) for one in page], pages)


def _line(call: Call, event: CallEvent) -> Line:
    body = json.dumps(event.body, indent=1, ensure_ascii=False) if event.body else ""
    return Line(event, (event.at - call.started_at).total_seconds(), body)


def _address(request: HttpRequest, **asked: Any) -> str:
    """This page with that asked for, and all else as it is."""
    others = {k: v for k, v in request.GET.items() if k not in ("events", "page")}
    return f"?{urlencode({**others, **asked})}#events"
