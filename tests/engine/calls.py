"""A Realtime client for tests: it checks every event it gets against the SDK's types."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from chatbot.realtime.audio import from_base64, to_base64
from tests.engine.protocol import check

PATIENCE_S = 30.0
#: 200 ms a frame: many times faster than speech, as the engine must stand.
FRAME_BYTES = 9600


class Call:
    """One session. `events` is all that came."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self.events: list[dict[str, Any]] = []

    async def send(self, kind: str, **fields: Any) -> None:
        """Send one event."""
        await self.websocket.send(json.dumps({"type": kind, **fields}))

    async def say(self, pcm: bytes) -> None:
        """Send sound, as fast as it goes."""
        for at in range(0, len(pcm), FRAME_BYTES):
            audio = to_base64(pcm[at : at + FRAME_BYTES])
            await self.send("input_audio_buffer.append", audio=audio)

    async def until(self, kind: str) -> dict[str, Any]:
        """Read up to the next event of a type."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                event = json.loads(await self.websocket.recv())
                check(event)
                self.events.append(event)
                if event["type"] == kind:
                    return dict(event)

    async def configure(self, **settings: Any) -> None:
        """Update the session and wait until it is."""
        await self.send("session.update", session={"type": "realtime", **settings})
        await self.until("session.updated")

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every event of a type so far."""
        return [event for event in self.events if event["type"] == kind]

    def audio(self) -> Any:
        """All speech that came, as samples from -1 to 1."""
        pcm = b"".join(from_base64(one["delta"]) for one in self.all("response.output_audio.delta"))
        return np.frombuffer(pcm, "<i2") / 32768.0


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[Call]:
    """A session that has begun."""
    async with connect(f"{url}/v1/realtime?model=test", compression=None, max_size=None) as socket:
        call = Call(socket)
        await call.until("session.created")
        yield call


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - it is of another thread
            await asyncio.sleep(0.01)
