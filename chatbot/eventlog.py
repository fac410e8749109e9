"""Writes the log of a call's events, now and then and beside all else."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from chatbot import metrics, store
from chatbot.realtime.eventlog import EventLog

log = logging.getLogger(__name__)

#: So rarely that it costs a call nothing; a worker that is killed takes so much of the log along.
WRITE_EVERY_S = 30.0
#: How long a call that has ended waits for the rest of its log.
FINISH_LIMIT_S = 2.0


class EventWriter:
    """Writes what its `log` gathers. What the database does not take at once is dropped: nobody's
    words depend on it."""

    def __init__(self, call_id: UUID) -> None:
        self.log = EventLog()
        self._call_id = call_id

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self._write()

    async def finish(self) -> None:
        """Write the rest."""
        self.log.close()
        try:
            async with asyncio.timeout(FINISH_LIMIT_S):
                await self._write()
        except TimeoutError:
            log.warning("call %s: the end of its event log is not written", self._call_id)

    async def _write(self) -> None:
        lines = self.log.take()
        dropped, self.log.dropped = self.log.dropped, 0
        try:
            if lines:
                await database_sync_to_async(store.save_events)(self._call_id, lines)
        except DatabaseError as error:
            dropped += len(lines)
            log.warning("call %s: events not written: %s", self._call_id, type(error).__name__)
        if dropped:
            metrics.EVENTS_DROPPED.inc(dropped)
