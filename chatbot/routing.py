"""Addresses of the sockets."""

from typing import Any

from django.urls import path, re_path

from chatbot.consumers import CallConsumer, CaptionsConsumer
from chatbot.gateway import GatewayConsumer
from chatbot.realtime.problems import NOT_FOUND
from chatbot.watching import ReviewConsumer


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """Refuses the handshake of a socket that we do not have."""
    await receive()
    await send({"type": "websocket.close", "code": NOT_FOUND})


# django-stubs' `path` takes views alone; that Channels gives it consumers is in no stub.
websocket_urlpatterns: list[Any] = [
    path("ws/call/", CallConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/captions/", CaptionsConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/review/", ReviewConsumer.as_asgi()),  # type: ignore[arg-type]
    path("v1/realtime", GatewayConsumer.as_asgi()),  # type: ignore[arg-type]
    re_path(r"", nowhere),  # type: ignore[arg-type]
]
