"""Erasing conversations and people for good, so that no word of theirs is left: rows, files, the
index of words, the admin's log. What calls used stays counted, of nobody."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db import OperationalError, transaction
from django.db.models import QuerySet

from chatbot import audit, control, sessions, store
from chatbot.audit import Action
from chatbot.models import Conversation, User
from chatbot.models.recordings import recordings_storage
from chatbot.recording.rescue import forget_spools
from chatbot.reviewing import batches
from chatbot.scrubbing import scrub
from chatbot.store.erasure import (
    MOST_ROWS,
    Claim,
    Claimed,
    Removed,
    claim_for_erasure,
    remove_claimed,
)

log = logging.getLogger(__name__)

#: So many conversations are claimed together.
CLAIMED_AT_ONCE = 100
#: So long is a transaction to last, for others may wait for it; a busy machine removes fewer rows.
AIM_S = 0.03
LEAST_ROWS = 25
#: Each conversation costs about as much as so many turns.
TURNS_OF_A_CONVERSATION = 5
#: While another process writes the last rows of a call.
TRIES = 100
TRY_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction has done: rows by their kind, and how long they were locked."""

    rows: dict[str, int]
    seconds: float


@dataclass
class Pace:
    """How many rows a transaction removes at most, by how long the last one took."""

    most: int = MOST_ROWS

    def took(self, seconds: float) -> None:
        fitting = round(self.most * AIM_S / max(seconds, AIM_S / 2))
        self.most = min(max(fitting, LEAST_ROWS), MOST_ROWS)


@dataclass
class Erased:
    """Rows by kind that are gone, and conversations that are `held` and so are not. `is_scrubbed`
    when no byte of them is left in SQLite's file, else that is left to `prune`."""

    counts: dict[str, int] = field(default_factory=dict)
    held: int = 0
    is_scrubbed: bool = True

    @property
    def conversations(self) -> int:
        return self.counts.get("conversations", 0)

    def add(self, rows: dict[str, int]) -> None:
        for kind, count in rows.items():
            self.counts[kind] = self.counts.get(kind, 0) + count


OnBatch = Callable[[Batch], None]


def nothing(batch: Batch) -> None:
    """Nobody looks on."""


def erase(
    conversations: QuerySet[Conversation], by: User | None, address: str | None = None
) -> Erased:
    """Erase these conversations, whoever uses them now, but for those that are held. By staff each
    is audited."""
    erased = remove(conversations, by, address)
    erased.is_scrubbed = scrub()
    return erased


def remove(
    conversations: QuerySet[Conversation],
    by: User | None = None,
    address: str | None = None,
    on_batch: OnBatch = nothing,
) -> Erased:
    """As `erase`, but for what SQLite keeps of rows that are gone. The query is not sliced."""
    erased, pace = Erased(), Pace()
    for keys in _hundreds(conversations):
        began = time.monotonic()
        with transaction.atomic():
            claim = claim_for_erasure(conversations.filter(pk__in=keys))
            if by is not None:
                claimed = [one.id for one in claim.claimed]
                audit.write_each(by, Action.ERASE, "conversation", claimed, address=address)
        on_batch(Batch({"claimed": len(claim.claimed)}, time.monotonic() - began))
        erased.held += claim.held
        _let_go(claim, is_told=by is not None)
        for group in _groups(claim.claimed, pace):
            _remove_group(group, pace, erased, on_batch)
        forget_spools(claim.calls)
    return erased


def erase_user(user: User, by: User | None = None, address: str | None = None) -> Erased:
    """Erase a person with all that is theirs, and end whatever they have open anywhere.

    Conversations that are held stay for staff: hidden, and of a nameless account with which nobody
    can sign in. `by` is the member of staff who does it, None when it is the person's own wish.
    """
    erased = Erased()
    with transaction.atomic():
        ended = store.begin_removal(user)
        audit.write(by, Action.ERASE, "user", user.pk, address=address)
    for call_id in ended:
        async_to_sync(control.order_end)(call_id, store.ACCOUNT_INACTIVE)
    async_to_sync(control.order_end_of_watching)(user.pk, store.ACCOUNT_INACTIVE)
    sessions.end_all_of(user)
    erased.add(remove(Conversation.objects.filter(user=user.pk, is_held=False)).counts)
    erased.held = store.finish_removal(user)
    erased.is_scrubbed = scrub()
    return erased


def _let_go(claim: Claim, *, is_told: bool) -> None:
    """End the calls that run in what is erased, and have the tabs that show it let go of it."""

    async def tell() -> None:
        for call_id in claim.ended:
            await control.order_end_of_erased(call_id)
        for one in claim.claimed if is_told else ():
            gone = control.conversation_deleted(one.id)
            await control.show_caption(one.user_id, one.id, gone)

    async_to_sync(tell)()


def _hundreds(conversations: QuerySet[Conversation]) -> Iterator[list[UUID]]:
    for keys in batches(conversations):
        for start in range(0, len(keys), CLAIMED_AT_ONCE):
            yield keys[start : start + CLAIMED_AT_ONCE]


def _groups(claimed: Iterable[Claimed], pace: Pace) -> Iterator[list[UUID]]:
    """Conversations that are removed together."""
    group: list[UUID] = []
    size = 0
    for one in claimed:
        own = one.turns + TURNS_OF_A_CONVERSATION
        if group and size + own > pace.most:
            yield group
            group, size = [], 0
        group.append(one.id)
        size += own
    if group:
        yield group


def _remove_group(keys: list[UUID], pace: Pace, erased: Erased, on_batch: OnBatch) -> None:
    fruitless = 0
    while fruitless < TRIES:
        began = time.monotonic()
        try:
            removed = remove_claimed(keys, pace.most)
        except OperationalError:  # the last rows of a call were in its way
            removed = Removed()
        seconds = time.monotonic() - began
        pace.took(seconds)
        on_batch(Batch(removed.rows, seconds))
        erased.add(removed.rows)
        delete_files(removed.files)
        if removed.is_done:
            return
        if not any(removed.rows.values()):
            fruitless += 1
            time.sleep(TRY_AGAIN_S)
    log.error("%d conversations are left to the next prune", len(keys))


def delete_files(names: Iterable[str]) -> None:
    """Delete recordings. What cannot be deleted has no row any more, so `prune` tries again."""
    storage = recordings_storage()
    folders = set()
    for name in names:
        try:
            storage.delete(name)
        except Exception as error:
            log.error("a recording could not be deleted: %s", type(error).__name__)
        folders.add(name.rpartition("/")[0])
    for folder in folders - {""}:
        with suppress(Exception):  # there is more in it, or the storage knows no folders
            storage.delete(folder)
