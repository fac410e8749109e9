"""The one ordered writer of a call: rows are written beside the audio path, in order, once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeGuard

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError

from chatbot import metrics, store
from chatbot.models import Call
from chatbot.realtime.effects import SaveTurn, SaveUsage
from chatbot.realtime.usage import ENGINE

log = logging.getLogger(__name__)

#: Rows that may wait for a slow database; more than an hour of brisk talk.
MAX_WAITING = 1024
RETRY_FIRST_S = 0.2
RETRY_LONGEST_S = 2.0
#: How long a call that has ended waits for its last rows.
FINISH_LIMIT_S = 30.0


class RecorderFull(Exception):
    """The database has been away for too long to remember more."""


class Recorder:
    """Writes what it is given, in that order; `on_saved` is told after each commit of a turn.

    `is_engine` is set when the upstream turns out to be our engine, whose work costs nothing.
    """

    def __init__(
        self, call: Call, model: str, on_saved: Callable[[SaveTurn], Awaitable[None]]
    ) -> None:
        self._call = call
        self._model = model
        self._on_saved = on_saved
        self.is_engine = False
        self._waiting: asyncio.Queue[SaveTurn | SaveUsage] = asyncio.Queue(MAX_WAITING)
        self._in_flight: dict[str, SaveTurn] = {}

    def add(self, row: SaveTurn | SaveUsage) -> None:
        """Queue a row. Of a turn in flight only the newest state waits.

        Raises:
            RecorderFull: too many are waiting.
        """
        if _is_in_flight(row):
            is_waiting = row.turn.item_id in self._in_flight
            self._in_flight[row.turn.item_id] = row
            if is_waiting:
                return
        try:
            self._waiting.put_nowait(row)
        except asyncio.QueueFull:
            raise RecorderFull from None

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            row = await self._waiting.get()
            if _is_in_flight(row):
                row = self._in_flight.pop(row.turn.item_id)
            try:
                await self._write(row)
            finally:
                self._waiting.task_done()

    async def finish(self) -> None:
        """Wait until all that was given is written; `run` must be running."""
        try:
            async with asyncio.timeout(FINISH_LIMIT_S):
                await self._waiting.join()
        except TimeoutError:
            log.error("call %s: %d rows not written", self._call.pk, self._waiting.qsize())

    async def _write(self, row: SaveTurn | SaveUsage) -> None:
        delay = RETRY_FIRST_S
        while True:
            try:
                await database_sync_to_async(self._save)(row)
                break
            except (OperationalError, InterfaceError):
                metrics.WRITES_RETRIED.inc()
                log.warning("call %s: the database is away, trying again", self._call.pk)
                await asyncio.sleep(delay)
                delay = min(delay * 2, RETRY_LONGEST_S)
            except DatabaseError as error:
                log.error("call %s: a row was refused: %s", self._call.pk, type(error).__name__)
                return
        if isinstance(row, SaveTurn) and not _is_in_flight(row):
            metrics.TURNS.labels(row.turn.role, row.turn.status).inc()
            await self._on_saved(row)

    def _save(self, row: SaveTurn | SaveUsage) -> None:
        if isinstance(row, SaveTurn):
            store.save_turn(self._call, row)
        else:
            store.save_usage(self._call, self._model_of(row), row)

    def _model_of(self, row: SaveUsage) -> str:
        if self.is_engine:
            return ENGINE
        return self._model if row.kind == "response" else row.model


def _is_in_flight(row: SaveTurn | SaveUsage) -> TypeGuard[SaveTurn]:
    """The turn goes on: its row is for the case that the worker dies."""
    return isinstance(row, SaveTurn) and not row.turn.is_settled
