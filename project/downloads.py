"""Has daphne send a download no faster than it is read, and break off one that fails.

Daphne takes whatever an application sends, so that all of a long download would wait in memory for
a slow reader. And what fails in its middle it tries to answer with an error page; that fails too,
and ends for good the task that looks after applications, so nobody learns that the file is cut.
Other ASGI servers need nothing of this.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.server import Server

log = logging.getLogger(__name__)

#: Who has read nothing for so long will read no more.
UNREAD_S = 600.0

_handle_reply = Server.handle_reply
_handle_exception = WebRequest.handle_exception
_finish = WebRequest.finish


class Reader:
    """Whether the other end takes more; told by Twisted as what it calls a push producer."""

    def __init__(self, *, is_ready: bool) -> None:
        self._ready = asyncio.Event()
        if is_ready:
            self._ready.set()

    def pauseProducing(self) -> None:
        self._ready.clear()

    def resumeProducing(self) -> None:
        self._ready.set()

    stopProducing = resumeProducing

    async def wait(self) -> None:
        """Return once the other end takes more, or is gone.

        Raises:
            TimeoutError: it has not for too long.
        """
        async with asyncio.timeout(UNREAD_S):
            await self._ready.wait()


async def handle_reply(self: Any, protocol: Any, message: dict[str, Any]) -> None:
    """In place of daphne's: the same, but after a part of a body it waits for its reader."""
    await _handle_reply(self, protocol, message)
    if message["type"] != "http.response.body" or not message.get("more_body"):
        return
    if protocol.finished or protocol.channel is None:
        return
    if protocol.producer is None:
        is_ready = not protocol.channel._waitingForTransport
        protocol.registerProducer(Reader(is_ready=is_ready), True)
    try:
        await protocol.producer.wait()
    except TimeoutError:
        log.warning("a download is not read; let go")
        break_off(protocol)


def handle_exception(self: Any, exception: Exception) -> None:
    """In place of daphne's: a page says that it failed, but not in the middle of an answer."""
    if self._response_started:
        break_off(self)
    else:
        _handle_exception(self, exception)


def break_off(protocol: Any) -> None:
    """Close the connection, so that the other end knows that it has not all."""
    if protocol.channel is not None:
        protocol.channel.forceAbortClient()


def finish(self: Any) -> None:
    """In place of daphne's: the same, and nobody is waited for any more."""
    if self.producer is not None:
        self.unregisterProducer()
    _finish(self)


def mind_readers() -> None:
    """Teach daphne, once for this process."""
    Server.handle_reply = handle_reply
    WebRequest.handle_exception = handle_exception
    WebRequest.finish = finish
