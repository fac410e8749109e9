"""One conversation for staff: what was said, the calls, what they used, and work on its review."""

from __future__ import annotations

from datetime import timedelta
from statistics import median_low
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from chatbot import eventlog_admin, live_admin, usage
from chatbot.exports import FORMATS
from chatbot.models import Call, Conversation, Note, Review, Turn
from chatbot.review.figures import latencies_of
from chatbot.review.forms import NoteForm, ReviewForm
from chatbot.review.neighbours import FILTERS
from chatbot.rights import Right, may
from chatbot.search import marked

#: So many turns are shown at once.
TURNS_A_PAGE = 200


def rights_of(user: Any) -> dict[str, bool]:
    """By their names in small letters: `may.read`, `may.see_cost`."""
    return {right.name.lower(): may(user, right) for right in Right}


def review_of(conversation: Conversation) -> Review | None:
    """Its review, if anybody has begun one."""
    return getattr(conversation, "review", None)


def context_of(
    request: HttpRequest, conversation: Conversation, form: ReviewForm | None = None
) -> dict[str, Any]:
    """All that the page shows, as far as its reader may see it. `form` is what was filled in and
    could not be kept."""
    rights = rights_of(request.user)
    review = review_of(conversation)
    tags = [tag.name for tag in review.tags.all()] if review else []
    calls = _calls(conversation, rights["see_cost"])
    return {
        "conversation": conversation,
        "may": rights,
        "review": review,
        "review_form": form or ReviewForm.of(conversation, review, tags),
        "tags": tags,
        "notes": _notes(review, request.user, rights["read"]),
        "note_form": NoteForm(),
        "kept": _kept(request),
        "list_address": _list_address(request),
        "previous": _address(request, getattr(conversation, "previous", None)),
        "following": _address(request, getattr(conversation, "following", None)),
        "export_formats": FORMATS,
        "live": live_admin.context_of(request, conversation),
        "events": _events(request, conversation, calls) if rights["read"] else None,
        **_turns(request, conversation, rights),
        **calls,
    }


def _turns(
    request: HttpRequest, conversation: Conversation, rights: dict[str, bool]
) -> dict[str, Any]:
    """A page of them. Who may listen and not read gets those that have a recording."""
    turns: QuerySet[Turn] = conversation.turns.select_related("recording")
    if not rights["read"]:
        heard = turns.filter(recording__isnull=False)[: TURNS_A_PAGE if rights["listen"] else 0]
        return {"transcript": list(heard)}
    pages = range(1, -(-conversation.turn_count // TURNS_A_PAGE) + 1)
    asked = request.GET.get("turns", "")
    page = int(asked) if asked.isdecimal() and int(asked) in pages else 1
    first = (page - 1) * TURNS_A_PAGE
    shown = list(turns[first : first + TURNS_A_PAGE])
    if query := asked_of_list(request).get("q"):
        for turn in shown:
            _mark(turn, query)
    return {
        "transcript": shown,
        "latency_seconds": _latency_seconds(conversation, shown if len(pages) <= 1 else None),
        "page": page,
        "pages": [(each, _kept(request, turns=each)) for each in pages] if len(pages) > 1 else [],
    }


def _mark(turn: Turn, query: str) -> None:
    """`parts` of what is shown of it, where something that was looked for is among them."""
    parts = marked(turn.text if turn.heard_text is None else turn.heard_text, query)
    if any(part.is_found for part in parts):
        turn.parts = parts  # type: ignore[attr-defined]


def _calls(conversation: Conversation, may_see_cost: bool) -> dict[str, Any]:
    if may_see_cost:
        calls = usage.calls_with_totals(conversation)
    else:
        rows = conversation.calls.select_related("persona_version")
        calls = [(call, usage.Total()) for call in rows]
    return {
        "calls": [(call, used, _length(call)) for call, used in calls],
        "total": usage.sum_of(used for _call, used in calls),
    }


def _events(
    request: HttpRequest, conversation: Conversation, calls: dict[str, Any]
) -> dict[str, Any]:
    rows = [call for call, _used, _lasted in calls["calls"]]
    return eventlog_admin.context_of(request, conversation, rows)


def _notes(review: Review | None, user: Any, may_read: bool) -> list[Note]:
    """Others' may quote what was said."""
    if review is None:
        return []
    notes = review.notes.select_related("author")
    return list(notes if may_read else notes.filter(author=user))


def _length(call: Call) -> timedelta:
    """How long it has lasted, in whole seconds."""
    lasted = (call.ended_at or call.last_seen_at) - call.started_at
    return timedelta(seconds=round(lasted.total_seconds()))


def _latency_seconds(conversation: Conversation, turns: list[Turn] | None) -> float | None:
    """The median of its answers; `turns` where these are all."""
    if turns is None:
        latency_ms = latencies_of([conversation.pk]).get(conversation.pk)
    else:
        known = [turn.latency_ms for turn in turns if turn.latency_ms is not None]
        latency_ms = median_low(known) if known else None
    return None if latency_ms is None else latency_ms / 1000


def asked_of_list(request: HttpRequest) -> QueryDict:
    """What the list that its reader came from was asked for."""
    return QueryDict(request.GET.get(FILTERS, ""))


def _list_address(request: HttpRequest) -> str:
    return _with(reverse("admin:chatbot_conversation_changelist"), request.GET.get(FILTERS, ""))


def _address(request: HttpRequest, key: Any) -> str:
    """Another conversation of the same list; "" at its ends."""
    if key is None:
        return ""
    return _with(reverse("admin:chatbot_conversation_change", args=[key]), _kept(request))


def _kept(request: HttpRequest, **more: Any) -> str:
    """What an address says so that the list that its reader came from is not forgotten."""
    filters = {FILTERS: request.GET[FILTERS]} if FILTERS in request.GET else {}
    return urlencode({**filters, **more})


def _with(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address
