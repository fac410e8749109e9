"""Conversations that go for good: each step is a short transaction over a bounded number of rows.

First they are claimed: hidden from everybody who could go on with them, their calls ended. A claim
is kept, so whatever stops an erasing in its middle, the next prune goes on with it. Whoever removes
rows holds the conversations' rows meanwhile and passes over those that another holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet

from chatbot.models import (
    AuditEntry,
    AuditPruning,
    Call,
    CallEvent,
    Conversation,
    Passage,
    Recording,
    Turn,
    Usage,
    User,
)
from chatbot.realtime.problems import NOT_FOUND
from chatbot.store.calls import end_running

#: `deleted_at` of a conversation that is being erased; nobody can have it back.
ERASING = datetime(2000, 1, 1, tzinfo=UTC)
ERASED = "conversation_erased"
#: Rows of a kind that a transaction removes at most.
MOST_ROWS = 250


class Claimed(NamedTuple):
    """A conversation that is to be erased, and about how many turns it has."""

    id: UUID
    user_id: int
    turns: int


@dataclass(frozen=True)
class Claim:
    """Conversations to be erased, and their calls; how many are held, and so are not; and the calls
    that this has ended, whose workers are still to be told."""

    claimed: list[Claimed]
    calls: list[UUID]
    held: int
    ended: list[UUID]


@dataclass
class Removed:
    """What one transaction has removed; `files` are to be deleted now. When `is_done`, nothing is
    left of those conversations."""

    rows: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    is_done: bool = False


@transaction.atomic
def claim_for_erasure(conversations: QuerySet[Conversation]) -> Claim:
    """Hide those of these conversations (some hundred at most) that are not held."""
    keys = list(conversations.order_by("pk").values_list("pk", flat=True))
    named = Conversation.objects.filter(pk__in=keys).order_by("pk")
    owners = User.objects.filter(pk__in=named.order_by().values("user")).order_by("pk")
    list(owners.select_for_update().values_list("pk", flat=True))  # nobody calls meanwhile
    still = Conversation.objects.filter(pk__in=conversations.filter(pk__in=keys).values("pk"))
    still.filter(is_held=False).update(deleted_at=ERASING)
    facts = named.filter(deleted_at=ERASING).values_list("pk", "user_id", "turn_count")
    claimed = [Claimed(*one) for one in facts]
    calls = Call.objects.filter(conversation__in=[one.id for one in claimed])
    ended = end_running(calls, NOT_FOUND, ERASED)
    keys_of_calls = list(calls.order_by().values_list("pk", flat=True))
    return Claim(claimed, keys_of_calls, named.filter(is_held=True).count(), ended)


@transaction.atomic
def remove_claimed(keys: Iterable[UUID], most: int = MOST_ROWS) -> Removed:
    """Remove up to `most` rows of each kind of these claimed conversations, and the conversations
    themselves once nothing else is left. Usage stays, of nobody."""
    claimed = Conversation.objects.filter(pk__in=list(keys), deleted_at=ERASING)
    locked = claimed.order_by("pk").select_for_update(skip_locked=True)
    mine = list(locked.values_list("pk", flat=True))
    if not mine:
        return Removed(is_done=True)
    events = _first(CallEvent.objects.filter(call__conversation__in=mine), most).delete()[0]
    used = _first(Usage.objects.filter(call__conversation__in=mine), most)
    loosened = used.update(call=None, source_id="")
    turns, files = _remove_turns(mine, most)
    removed = Removed({"turns": turns, "recordings": len(files), "events": events}, files)
    is_rest = max(events, loosened, turns) < most
    if is_rest and not Turn.objects.filter(conversation__in=mine).exists():
        forget_in_admin_log(Conversation, mine)
        Conversation.objects.filter(pk__in=mine).delete()
        removed.rows["conversations"] = len(mine)
        removed.is_done = True
    return removed


def _remove_turns(keys: list[UUID], most: int) -> tuple[int, list[str]]:
    """How many turns, and the files of their recordings, which are still to be deleted."""
    rows = Turn.objects.filter(conversation__in=keys).order_by("pk")
    turns = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:most])
    recordings = Recording.objects.filter(turn__in=turns)
    files = list(recordings.values_list("file", flat=True))
    if files:
        recordings.delete()
    Passage.objects.filter(turn__in=turns).delete()
    mine = Turn.objects.filter(pk__in=turns)
    mine._raw_delete(mine.db)  # Django would read them first, and look for what is gone by now
    return len(turns), files


def _first(rows: QuerySet[Any], most: int) -> QuerySet[Any]:
    keys = rows.order_by("pk").values("pk")[:most]
    first: QuerySet[Any] = rows.model._default_manager.filter(pk__in=keys)
    return first


def forget_in_admin_log(model: type[Conversation | User], keys: Iterable[object]) -> None:
    """The admin's own log says what was done, and to which row, but not how that was called."""
    kind = ContentType.objects.get_for_model(model)
    entries = LogEntry.objects.filter(content_type=kind, object_id__in=[str(key) for key in keys])
    entries.update(object_repr="", change_message="")


@dataclass(frozen=True)
class Old:
    """What one transaction has removed of rows whose time is over: how many, the files that are to
    be deleted now, and the moment of the last."""

    count: int
    files: list[str]
    last: datetime


@transaction.atomic
def remove_old(rows: QuerySet[Any], moment: str, since: datetime | None) -> Old | None:
    """Remove the first `MOST_ROWS` of these rows by their column `moment`, from `since` on, but for
    those that another process removes just now. None when there are none."""
    left = rows.filter(**{f"{moment}__gte": since}) if since else rows
    locked = left.order_by(moment).select_for_update(skip_locked=True, of=("self",))
    found = list(locked.values_list("pk", moment)[:MOST_ROWS])
    if not found:
        return None
    mine = rows.model._default_manager.filter(pk__in=[key for key, _ in found])
    files = list(mine.values_list("file", flat=True)) if rows.model is Recording else []
    with _audit_may_shrink(rows.model):
        mine.delete()
    return Old(len(found), files, found[-1][1])


@contextmanager
def _audit_may_shrink(model: type[Model]) -> Iterator[None]:
    """The database lets nobody delete audit entries but in a transaction that says so."""
    if model is not AuditEntry:
        yield
        return
    permit = AuditPruning.objects.create()
    yield
    permit.delete()
