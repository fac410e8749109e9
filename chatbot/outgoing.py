"""Frames on their way to a browser through a server whose `send` may wait: in order, bounded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

log = logging.getLogger(__name__)

#: More than a minute of speech, and far more than a call sends to who does not read on.
MAX_UNREAD_BYTES = 4 * 1024 * 1024


class Outgoing:
    """`put` never waits; `send` is ASGI's own, after all that was put before."""

    def __init__(
        self, send: Callable[[Any], Awaitable[None]], left_behind: Callable[[], None]
    ) -> None:
        """`left_behind` is called once, when too much waits; from then on nothing is sent."""
        self._send = send
        self._left_behind = left_behind
        self._waiting: asyncio.Queue[str | bytes] = asyncio.Queue()
        #: How much waits for the server.
        self.unread_bytes = 0
        self._is_lost = False

    def put(self, frame: str | bytes) -> None:
        """Send a frame as soon as the server takes it."""
        if self._is_lost:
            return
        self.unread_bytes += len(frame)
        self._waiting.put_nowait(frame)
        if self.unread_bytes > MAX_UNREAD_BYTES:
            log.warning("a browser does not read; let go with %d bytes unsent", self.unread_bytes)
            self.let_go()

    def let_go(self) -> None:
        """Send nothing more, and say so to whom it concerns."""
        self._lose()
        asyncio.get_running_loop().call_soon(self._left_behind)

    async def send(self, message: Any) -> None:
        """An ASGI message, after the frames that were put before it."""
        await self._waiting.join()
        await self._send(message)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            frame = await self._waiting.get()
            try:
                kind = "text" if isinstance(frame, str) else "bytes"
                await self._send({"type": "websocket.send", kind: frame})
            except OSError:  # as ASGI has it for a browser that has gone
                self._lose()
            finally:
                self.unread_bytes -= len(frame)
                self._waiting.task_done()

    def _lose(self) -> None:
        """Nothing more is sent."""
        self._is_lost = True
        while not self._waiting.empty():
            self._waiting.get_nowait()
            self._waiting.task_done()
