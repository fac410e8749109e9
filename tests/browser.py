"""A browser's side of our sockets, through the real ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from chatbot.models import User
from project.asgi import application

ORIGIN = "http://localhost:8000"
HOST = "localhost:8000"
LIMIT_S = 10.0


class Socket:
    """An open socket: events and sound as they come, and how it was closed."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.communicator = communicator
        self.events: list[dict[str, Any]] = []
        self.audio = b""
        self.close_code: int | None = None

    async def receive(self) -> dict[str, Any] | None:
        """The next event, sound gathered on the way; None once the socket is closed."""
        while self.close_code is None:
            message = await self.communicator.receive_output(LIMIT_S)
            if message["type"] == "websocket.close":
                self.close_code = message["code"]
            elif message.get("bytes") is not None:
                self.audio += message["bytes"]
            else:
                event: dict[str, Any] = json.loads(message["text"])
                self.events.append(event)
                return event
        return None

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Read on to an event of this type that has these fields."""
        while (event := await self.receive()) is not None:
            if event["type"] == kind and fields.items() <= event.items():
                return event
        raise AssertionError(f"the socket closed before {kind}: {self.close_code}")

    async def until_closed(self) -> int:
        """Read on to the end; returns the close code."""
        while await self.receive() is not None:
            pass
        assert self.close_code is not None
        return self.close_code

    async def send(self, frame: dict[str, Any] | bytes | str) -> None:
        if isinstance(frame, bytes):
            await self.communicator.send_to(bytes_data=frame)
        else:
            text = frame if isinstance(frame, str) else json.dumps(frame)
            await self.communicator.send_to(text_data=text)

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


@asynccontextmanager
async def opened(
    user: User | None,
    path: str = "/ws/call/",
    origin: str | None = ORIGIN,
    host: str = HOST,
    language: str = "",
    cookie: str = "",
) -> AsyncIterator[Socket]:
    """A socket of the user's browser, or of one that has this cookie; leaving closes it as a
    closed tab would."""
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if language:
        headers.append((b"accept-language", language.encode()))
    if user is not None:
        cookie = await cookie_of(user)
    if cookie:
        headers.append((b"cookie", cookie.encode()))
    communicator = WebsocketCommunicator(application, path, headers)
    accepted, _ = await communicator.connect(LIMIT_S)
    assert accepted
    socket = Socket(communicator)
    try:
        yield socket
    finally:
        if socket.close_code is None:
            await communicator.disconnect(timeout=LIMIT_S)
        else:
            communicator.stop(exceptions=False)
        await asyncio.sleep(0)


async def cookie_of(user: User) -> str:
    """The session cookie of a user who has signed in."""
    client = Client()
    await sync_to_async(client.force_login)(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
