"""The conversations before and after one in the list that its reader came from."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from chatbot.models import Conversation

#: The list that a page came from, in its address: Django's own name.
FILTERS = "_changelist_filters"


def with_neighbours(
    conversations: QuerySet[Conversation], listed: QuerySet[Conversation]
) -> QuerySet[Conversation]:
    """Adds `previous` and `following`: ids in the order of `listed`, None at its ends. A
    conversation need not be in the list itself any more: a change may just have filtered it out.

    `listed` is ordered by columns of its own that are never null, the last of them unique.
    """
    order = list(dict.fromkeys(str(name) for name in listed.query.order_by))
    back = [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]
    return conversations.annotate(previous=_first(listed, back), following=_first(listed, order))


def _first(listed: QuerySet[Conversation], order: list[str]) -> Subquery:
    rows = listed.filter(_beyond(order)).order_by(*order)
    return Subquery(rows.values("pk")[:1])


def _beyond(order: list[str]) -> Q:
    """Rows that come after the outer query's row. The first condition is what an index serves."""
    steps = [(name.removeprefix("-"), "lt" if name.startswith("-") else "gt") for name in order]
    after = []
    for place, (name, than) in enumerate(steps):
        same: dict[str, Any] = {each: OuterRef(each) for each, _than in steps[:place]}
        after.append(Q(**same, **{f"{name}__{than}": OuterRef(name)}))
    first, than = steps[0]
    return Q(**{f"{first}__{than}e": OuterRef(first)}) & reduce(or_, after)
