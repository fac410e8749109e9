"""One client's socket: frames in, events out, orders to the workshop; no decisions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from chatbot.engine.errors import RequestError
from chatbot.engine.items import decoded_pcm
from chatbot.engine.session import Session
from chatbot.engine.settings import SESSION_SECONDS
from chatbot.engine.workshop import Bench, Workshop

log = logging.getLogger(__name__)

#: Of events a client does not take; a long answer has some hundreds.
MOST_WAITING = 20_000


def new_id(prefix: str) -> str:
    """An id nobody else has."""
    return f"{prefix}_{secrets.token_hex(12)}"


class Connection:
    """`run` returns when the client is gone, is too slow, or its hour is over."""

    def __init__(self, websocket: ServerConnection, workshop: Workshop) -> None:
        self._websocket = websocket
        self._workshop = workshop
        self._ear = workshop.models.new_ear()
        self._session = Session(new_id, _model(websocket), int(time.time()) + SESSION_SECONDS)
        self._waiting: list[dict[str, Any]] = []
        self._wake = asyncio.Event()
        self._closing: str | None = None
        self._bench = Bench(workshop, self._session, self._drain)

    async def run(self) -> None:
        """Serve this client."""
        self._drain()
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write(), name="engine-writer")
                await self._read()
                writer.cancel()
        finally:
            self._bench.close()

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            try:
                async with asyncio.timeout(SESSION_SECONDS):
                    async for frame in self._websocket:
                        await self._take(frame)
                        self._drain()
            except TimeoutError:
                self._expire()
                await self._websocket.wait_closed()

    async def _take(self, frame: str | bytes) -> None:
        try:
            event = _parsed(frame)
        except RequestError as error:
            self._session.refuse(error)
            return
        if isinstance(event, dict) and event.get("type") == "input_audio_buffer.append":
            await self._hear(event)
        else:
            self._session.receive(event)

    async def _hear(self, event: dict[str, Any]) -> None:
        try:
            pcm = decoded_pcm(event.get("audio"), "audio")
        except RequestError as error:
            self._session.refuse(error, event)
            return
        loop = asyncio.get_running_loop()
        probabilities = await loop.run_in_executor(self._workshop.ears, self._ear.hear, pcm)
        self._session.hear(pcm, probabilities)

    def _drain(self) -> None:
        self._bench.carry_out(self._session.orders())
        self._waiting += self._session.events()
        if len(self._waiting) > MOST_WAITING:
            log.warning("A client does not read its events; it is dropped.")
            self._websocket.transport.abort()
        if self._waiting:
            self._wake.set()

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while self._closing is None or self._waiting:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    events, self._waiting = self._waiting, []
                    for event in events:
                        await self._websocket.send(json.dumps(event))
            await self._websocket.close(1001, self._closing)

    def _expire(self) -> None:
        self._closing = "Your session hit the maximum duration of 60 minutes."
        self._session.refuse(RequestError("session_expired", self._closing))
        self._drain()


def _parsed(frame: str | bytes) -> Any:
    if isinstance(frame, bytes):
        raise RequestError(
            "invalid_event",
            "Expected a text WebSocket message; binary frames are not supported.",
        )
    try:
        return json.loads(frame)
    except ValueError:
        raise RequestError("invalid_json", "The message is not valid JSON.") from None


def _model(websocket: ServerConnection) -> str:
    request = websocket.request
    query = parse_qs(urlsplit(request.path).query) if request else {}
    return query.get("model", ["gpt-realtime"])[0]
