"""Addresses of the sockets."""

from django.urls import path

from chatbot.consumers import CallConsumer, CaptionsConsumer

websocket_urlpatterns = [
    path("ws/call/", CallConsumer.as_asgi()),
    path("ws/captions/", CaptionsConsumer.as_asgi()),
]
