"""Addresses of the sockets."""

from typing import Any

from django.urls import path

from chatbot.consumers import CallConsumer, CaptionsConsumer
from chatbot.gateway import GatewayConsumer

# django-stubs' `path` takes views alone; that Channels gives it consumers is in no stub.
websocket_urlpatterns: list[Any] = [
    path("ws/call/", CallConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/captions/", CaptionsConsumer.as_asgi()),  # type: ignore[arg-type]
    path("v1/realtime", GatewayConsumer.as_asgi()),  # type: ignore[arg-type]
]
