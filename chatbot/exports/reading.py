"""Reads what is exported, a chunk at a time: no connection is held between two chunks, so that a
slow download keeps nobody waiting, and memory does not grow with the conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from channels.db import database_sync_to_async
from django.db.models import Q, QuerySet

from chatbot import usage
from chatbot.models import Call, Conversation, Turn

#: So many turns are read, and made into text, at once: some milliseconds of the event loop.
TURNS = 200
#: So many conversations are read at once, of so many ids.
CONVERSATIONS = 200
IDS = 5000

#: Told of conversations before anything of them is given out; called in a thread.
OnRead = Callable[[list[Conversation]], None]


@dataclass(slots=True)
class Piece:
    """A conversation, or of a long one some of its turns, in order. `calls` come with the first."""

    conversation: Conversation
    turns: list[Turn]
    calls: list[Call] = field(default_factory=list)
    is_first: bool = True
    is_last: bool = True


async def pieces_of(conversation: Conversation) -> AsyncIterator[Piece]:
    """One conversation."""
    calls = await database_sync_to_async(_calls_of)([conversation])
    async for piece in _in_pieces(conversation):
        piece.calls = calls if piece.is_first else []
        yield piece


async def pieces_of_all(
    conversations: QuerySet[Conversation],
    *,
    with_cost: bool,
    with_calls: bool,
    on_read: OnRead | None = None,
) -> AsyncIterator[list[Piece]]:
    """Many conversations, newest first, in batches of about `TURNS` turns."""
    read, turns_in = database_sync_to_async(_read), database_sync_to_async(_turns_in)
    async for ids in _ids_of(conversations):
        for start in range(0, len(ids), CONVERSATIONS):
            found = await read(ids[start : start + CONVERSATIONS], with_cost, on_read)
            for batch in _batches(found):
                calls = await database_sync_to_async(_calls_of)(batch) if with_calls else []
                if batch[0].turn_count <= TURNS:
                    yield await turns_in(batch, calls)
                    continue
                async for piece in _in_pieces(batch[0]):
                    piece.calls = calls if piece.is_first else []
                    yield [piece]


async def conversations_in(
    conversations: QuerySet[Conversation],
) -> AsyncIterator[Conversation]:
    """Each of them, newest first, with its user and persona."""
    async for ids in _ids_of(conversations):
        for start in range(0, len(ids), CONVERSATIONS):
            chunk = ids[start : start + CONVERSATIONS]
            for conversation in await database_sync_to_async(_read)(chunk, False, None):
                yield conversation


async def turns_of(conversation: Conversation) -> AsyncIterator[list[Turn]]:
    """The turns of one conversation in order, each with its recording."""
    after: tuple[int, int] | None = None
    while turns := await database_sync_to_async(_turns_after)(conversation, after):
        yield turns
        after = turns[-1].position, turns[-1].pk


async def _in_pieces(conversation: Conversation) -> AsyncIterator[Piece]:
    """Ends with a piece that knows that it is the last."""
    last = Piece(conversation, [])
    async for turns in turns_of(conversation):
        if last.turns:
            last.is_last = False
            yield last
        last = Piece(conversation, turns, is_first=not last.turns)
    yield last


async def _ids_of(conversations: QuerySet[Conversation]) -> AsyncIterator[list[UUID]]:
    after: tuple[datetime, UUID] | None = None
    while keys := await database_sync_to_async(_keys_after)(conversations, after):
        yield [key for _created_at, key in keys]
        after = keys[-1]


def _keys_after(
    conversations: QuerySet[Conversation], after: tuple[datetime, UUID] | None
) -> list[tuple[datetime, UUID]]:
    if after is not None:
        created_at, key = after
        older = Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=key)
        conversations = conversations.filter(older, created_at__lte=created_at)
    return list(conversations.order_by("-created_at", "-pk").values_list("created_at", "pk")[:IDS])


def _read(ids: list[UUID], with_cost: bool, on_read: OnRead | None) -> list[Conversation]:
    rows = Conversation.objects.filter(pk__in=ids)
    if with_cost:
        rows = usage.with_cost(rows)
    rows = rows.select_related("user", "persona", "review__reviewer")
    found = {row.pk: row for row in rows.prefetch_related("review__tags")}
    ordered = [found[key] for key in ids if key in found]
    if on_read is not None:
        on_read(ordered)
    return ordered


def _batches(conversations: list[Conversation]) -> Iterator[list[Conversation]]:
    """In order, with at most `TURNS` turns in all; a longer conversation comes alone."""
    batch: list[Conversation] = []
    count = 0
    for conversation in conversations:
        if batch and count + conversation.turn_count > TURNS:
            yield batch
            batch, count = [], 0
        batch.append(conversation)
        count += conversation.turn_count
    if batch:
        yield batch


def _turns_in(batch: list[Conversation], calls: list[Call]) -> list[Piece]:
    pieces = {conversation.pk: Piece(conversation, []) for conversation in batch}
    rows = Turn.objects.filter(conversation__in=batch).select_related("recording")
    for turn in rows.order_by("position", "pk"):
        pieces[turn.conversation_id].turns.append(turn)
    for call in calls:
        pieces[call.conversation_id].calls.append(call)
    return list(pieces.values())


def _turns_after(conversation: Conversation, after: tuple[int, int] | None) -> list[Turn]:
    rows = Turn.objects.filter(conversation=conversation).select_related("recording")
    if after is not None:
        position, key = after
        later = Q(position__gt=position) | Q(position=position, pk__gt=key)
        rows = rows.filter(later, position__gte=position)
    return list(rows.order_by("position", "pk")[:TURNS])


def _calls_of(batch: list[Conversation]) -> list[Call]:
    rows = Call.objects.filter(conversation__in=batch).select_related("persona_version")
    return list(rows.defer("persona_version__columns").order_by("started_at"))
