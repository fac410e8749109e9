"""A WebSocket consumer whose frames come straight from the server."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, cast

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import BaseChannelLayer, get_channel_layer


class StraightConsumer(AsyncWebsocketConsumer):
    """As Channels' own, which makes two tasks for every frame, and closes old database
    connections in a thread before each: every frame would wait for that."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.base_send = send
        self.channel_layer = cast("BaseChannelLayer", get_channel_layer(self.channel_layer_alias))
        self.channel_name = await self.channel_layer.new_channel()
        async with asyncio.TaskGroup() as tasks:
            with suppress(StopConsumer):
                await self.dispatch(await receive())
                # Not before: an order to a call that is still being opened must not be lost.
                messages = tasks.create_task(self._dispatch_messages(), name="channel layer")
                try:
                    while True:
                        await self.dispatch(await receive())
                finally:
                    messages.cancel()

    async def dispatch(self, message: Any) -> None:
        if message["type"] == "websocket.receive":
            await self.receive(message.get("text"), message.get("bytes"))
        else:
            await AsyncConsumer.dispatch(self, message)

    async def _dispatch_messages(self) -> None:
        """What other sockets send through the channel layer, as it comes."""
        while True:
            await self.dispatch(await self.channel_layer.receive(self.channel_name))
