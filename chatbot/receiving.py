"""A WebSocket consumer whose frames come straight from the server, and go straight to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, cast

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import BaseChannelLayer, get_channel_layer

from chatbot.outgoing import Outgoing

log = logging.getLogger(__name__)

#: Where a server offers its `Line` among the extensions of ASGI's scope.
LINE = "colloquy.line"

Frame = str | bytes


class Line(Protocol):
    """What a server offers that can hand over frames, and take them, without waiting."""

    def send(self, frame: Frame) -> None:
        """Write a frame at once. A peer that does not read is let go."""

    def unread_bytes(self) -> int:
        """How much of what was sent waits for the peer to read on."""

    def let_go(self) -> None:
        """Break the connection off."""

    def read_on(self) -> None:
        """A large frame was taken, after which nothing more was read."""

    def hand_over(self, take: Callable[[Frame], None]) -> None:
        """Call `take` with each frame, those that wait first; ASGI tells only of the end."""


class StraightConsumer(AsyncWebsocketConsumer):
    """As Channels' own, which makes two tasks for every frame, and closes old database
    connections in a thread before each: every frame would wait for that."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.line: Line | None = scope.get("extensions", {}).get(LINE)
        self.channel_layer = cast("BaseChannelLayer", get_channel_layer(self.channel_layer_alias))
        self.channel_name = await self.channel_layer.new_channel()
        self.outgoing = Outgoing(send, self.left_behind)
        self.base_send = self.outgoing.send
        async with asyncio.TaskGroup() as tasks:
            with suppress(StopConsumer):
                sending = tasks.create_task(self.outgoing.run(), name="outgoing")
                await self.dispatch(await receive())
                # Not before: an order to a call that is still being opened must not be lost.
                messages = tasks.create_task(self._dispatch_messages(), name="channel layer")
                try:
                    while True:
                        await self.dispatch(await receive())
                except asyncio.CancelledError:
                    await self.stopped()
                    raise
                finally:
                    messages.cancel()
                    sending.cancel()

    async def dispatch(self, message: Any) -> None:
        if message["type"] == "websocket.receive":
            await self.receive(message.get("text"), message.get("bytes"))
        else:
            await AsyncConsumer.dispatch(self, message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.take(text_data if text_data is not None else bytes_data or b"")

    def take(self, frame: Frame) -> None:
        """One frame from the browser."""

    def hand_over(self) -> None:
        """Have `take` called by the server itself from now on, if it can do that."""
        if self.line is not None:
            self.line.hand_over(self.take)

    def send_now(self, frame: Frame) -> None:
        """Send a frame without waiting; what the browser does not read yet is kept, bounded."""
        if self.line is not None:
            self.line.send(frame)
        else:
            self.outgoing.put(frame)

    def unread_bytes(self) -> int:
        """How much of what was sent waits for the browser to read on."""
        return self.outgoing.unread_bytes if self.line is None else self.line.unread_bytes()

    def let_go(self) -> None:
        """Break the socket off: the browser does not read."""
        log.warning("a browser does not read; let go with %d bytes unsent", self.unread_bytes())
        if self.line is not None:
            self.line.let_go()
        else:
            self.outgoing.let_go()

    async def stopped(self) -> None:
        """The server ends; it waits for this."""

    def left_behind(self) -> None:
        """The browser does not read, and will get nothing more."""

    async def _dispatch_messages(self) -> None:
        """What other sockets send through the channel layer, as it comes."""
        while True:
            await self.dispatch(await self.channel_layer.receive(self.channel_name))
