"""From one call of a conversation to the next: the old one ends and writes its last rows first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from channels.db import database_sync_to_async
from django.utils import timezone

from chatbot import control, store
from chatbot.access import call_for, live_calls_in
from chatbot.models import Turn, User

#: How long a new call waits for the last rows of the old one. A worker that is dead writes none.
WAIT_S = 5.0
LOOK_S = 0.05
LONGEST_MS = 60 * 60 * 1000


class Heard(NamedTuple):
    """How much of an answer the page had played when it lost its call."""

    item_id: str
    played_ms: int
    received_ms: int


def heard_of(item_id: str | None, played: str | None, received: str | None) -> Heard | None:
    """The page's word on it; None when it says nothing that makes sense."""
    try:
        played_ms, received_ms = int(played or ""), int(received or "")
    except ValueError:
        return None
    if not (item_id and played_ms >= 0 and 0 <= received_ms <= LONGEST_MS):
        return None
    return Heard(item_id, min(played_ms, received_ms), received_ms)


async def clear_the_way(
    user: User,
    conversation_id: str | None,
    lost_id: str | None = None,
    playing: str | None = None,
    heard: Heard | None = None,
) -> bool:
    """End the calls that run in the user's conversation, and wait for their last rows.

    Returns whether `lost_id` is a call of that conversation, with which the user's page goes on:
    it says again what was not understood, and plays the answer `playing` to its end. It has
    `heard` so much of the newest one.
    """
    if not conversation_id:
        return False
    running, is_resumed = await database_sync_to_async(_look)(user, conversation_id, lost_id)
    for call_id in running:
        await control.order_takeover(call_id, is_resumed=str(call_id) == lost_id)
    end = time.monotonic() + WAIT_S
    while running and time.monotonic() < end:
        await asyncio.sleep(LOOK_S)
        running = await database_sync_to_async(_running)(user, conversation_id)
    if is_resumed:
        await database_sync_to_async(_mend)(UUID(lost_id), playing, heard)
    return is_resumed


def spoken_ms_ago(turns: Iterable[Turn]) -> int | None:
    """How long ago the newest words of the user's that were understood ended, None without any: a
    page that goes on with a lost call need not say them again."""
    spoken = Turn.Role.USER, Turn.Modality.AUDIO, Turn.Status.COMPLETED
    ends = [
        turn.ended_at
        for turn in turns
        if (turn.role, turn.modality, turn.status) == spoken and turn.ended_at
    ]
    return round((timezone.now() - max(ends)).total_seconds() * 1000) if ends else None


def _look(user: User, conversation_id: str, lost_id: str | None) -> tuple[list[UUID], bool]:
    store.end_calls_of_dead_workers(user)
    is_resumed = call_for(user, conversation_id, lost_id) is not None
    return _running(user, conversation_id), is_resumed


def _mend(lost_id: UUID, playing: str | None, heard: Heard | None) -> None:
    store.forget_unrecognised(lost_id)
    if heard:
        store.hear(lost_id, heard.item_id, heard.played_ms, heard.received_ms)
    if playing:
        store.play_on(lost_id, playing)


def _running(user: User, conversation_id: str) -> list[UUID]:
    return list(live_calls_in(user, conversation_id).values_list("pk", flat=True))
