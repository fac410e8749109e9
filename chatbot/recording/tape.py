"""What one call keeps of its sound: gathered beside the audio, written by a thread, made into
recordings as its turns are stored. It never waits, and what it cannot keep it lets go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from itertools import groupby
from uuid import uuid4

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from chatbot import metrics
from chatbot.access import agrees_to_recording
from chatbot.models import Call
from chatbot.realtime.soundtrack import Cut, Dropped, Ended, Named, Part, Piece, Soundtrack
from chatbot.recording.making import SPOOLING, make, settle, submit
from chatbot.recording.rescue import rescue_soon
from chatbot.recording.spool import Spool

log = logging.getLogger(__name__)

#: How often sound is written: a worker that is killed takes no more of it along.
WRITE_EVERY_S = 0.5
#: About three minutes of sound that the disk has not taken; a turn with more is not recorded.
MOST_WAITING_BYTES = 8 * 1024 * 1024


class Tape:
    """Of one call. `soundtrack` says what belongs to which turn; `tell` hears whether the call is
    recorded, whenever that changes."""

    def __init__(self, row: Call, agrees: bool, tell: Callable[[bool], None]) -> None:
        self.soundtrack = Soundtrack()
        self._call_id = row.pk
        self._conversation_id = row.conversation_id
        self._user_id = row.conversation.user_id
        self._tell = tell
        self._orders = 0
        self._waiting: list[Part] = []
        self._waiting_bytes = 0
        self._writing: Future[None] = Future()
        self._writing.set_result(None)
        self._lost: set[int] = set()
        self._newest = 0
        self._withdrawn = 0
        self._spool: Spool | None = None
        self._spoiled: set[int] = set()
        if agrees:
            self.soundtrack.begin()

    @classmethod
    async def of(cls, row: Call, tell: Callable[[bool], None]) -> Tape:
        """The tape of a call that begins. Whoever calls again may have lost a call before."""
        rescue_soon()
        agrees = await database_sync_to_async(agrees_to_recording)(row.conversation.user_id)
        return cls(row, agrees, tell)

    # The user's consent

    @property
    def is_on(self) -> bool:
        """Whether the call is recorded."""
        return self.soundtrack.is_on

    async def look(self) -> None:
        """See whether the user agrees; their row is the truth. An order that comes meanwhile is
        newer than what was read."""
        orders = self._orders
        try:
            agrees = await database_sync_to_async(agrees_to_recording)(self._user_id)
        except DatabaseError:
            return  # seen at the next look
        if orders == self._orders and agrees != self.is_on:
            self._set(agrees)

    def withdraw(self) -> None:
        """The user does not agree any more: stop at once, and forget what is not stored."""
        self._orders += 1
        if self.is_on:
            self._set(False)

    def _set(self, is_on: bool) -> None:
        if is_on:
            self.soundtrack.begin()
        else:
            self.soundtrack.stop()
            self.take()
            self._withdrawn = self._newest
        self._tell(is_on)

    def _is_wanted(self, number: int) -> bool:
        """Nobody has withdrawn their consent since."""
        return number > self._withdrawn

    # Gathering

    def take(self) -> None:
        """Gather what there is to keep since the last time."""
        for part in self.soundtrack.take():
            self._newest = max(self._newest, part.number)
            if part.number in self._lost:
                if isinstance(part, Ended | Dropped):
                    self._lost.discard(part.number)
            elif isinstance(part, Piece) and self._is_full(part):
                self._lose(part.number)
            else:
                self._waiting.append(part)

    def _is_full(self, piece: Piece) -> bool:
        if self._waiting_bytes + len(piece.pcm) > MOST_WAITING_BYTES:
            return True
        self._waiting_bytes += len(piece.pcm)
        return False

    def _lose(self, number: int) -> None:
        metrics.RECORDINGS_LOST.labels("overflow").inc()
        log.warning("call %s: a turn is not recorded: the disk is too slow", self._call_id)
        self._lost.add(number)
        self._waiting.append(Dropped(number))

    # Writing

    async def run(self) -> None:
        """Write until cancelled. While the disk does not take it, what waits grows to its limit."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            self.take()
            if self._waiting and self._writing.done():
                self._write_waiting()

    def leave(self) -> None:
        """The call is over, and its turns are stored: the rest is done without it."""
        self.take()
        self._write_waiting()
        SPOOLING.submit(self._let_go)

    def _write_waiting(self) -> None:
        parts, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self._writing = SPOOLING.submit(self._write, parts)

    # In the thread of all spools

    def _write(self, parts: list[Part]) -> None:
        for part in _joined(parts):
            if part.number in self._spoiled:
                continue
            try:
                self._write_part(part)
            except OSError as error:
                self._spoil(part.number, error)

    def _write_part(self, part: Part) -> None:
        if self._spool is None:
            if isinstance(part, Dropped | Ended):
                return
            self._spool = Spool.begin(self._call_id)
        if isinstance(part, Piece):
            self._spool.append(part.number, part.pcm)
        elif isinstance(part, Named):
            file = f"{self._conversation_id}/{uuid4().hex}.flac"
            self._spool.name(part.number, part.item_id, file)
        elif isinstance(part, Cut):
            self._spool.cut(part.number, part.size_bytes)
        elif isinstance(part, Ended):
            submit(make, self._spool, part.number, self._is_wanted)
        else:
            self._spool.drop(part.number)

    def _spoil(self, number: int, error: OSError) -> None:
        """The disk does not take it: the call goes on, and this turn has no recording."""
        metrics.RECORDINGS_LOST.labels("disk").inc()
        if not self._spoiled:
            log.error("call %s: not recorded: %s", self._call_id, error.strerror)
        self._spoiled.add(number)
        if self._spool is not None:
            with suppress(OSError):
                self._spool.drop(number)

    def _let_go(self) -> None:
        if self._spool is not None:
            submit(settle, self._spool, self._is_wanted)


def _joined(parts: list[Part]) -> Iterator[Part]:
    """The parts in order, with pieces of one sound that follow each other as one."""
    for number, group in groupby(parts, lambda part: isinstance(part, Piece) and part.number):
        if number is False:
            yield from group
        else:
            yield Piece(number, b"".join(part.pcm for part in group if isinstance(part, Piece)))
