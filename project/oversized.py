"""Lets daphne take large events of API clients, and say why it closes a WebSocket that sends more.

Daphne refuses frames of more than 1 MiB before their payload is read; Autobahn then drops the
connection without a word. Clients of `/v1/realtime` may send as much sound at once as to the
service itself; `line.py` reads one such frame at a time. Other ASGI servers close with 1009, and
have a setting of their own.
"""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from chatbot.realtime.events import dump
from chatbot.realtime.large_events import MAX_APPEND
from chatbot.realtime.problems import FRAME_TOO_LARGE, Problem
from project.closing import server_close

_SENTENCE = "That is more than this call can take at once. Send it in smaller pieces."
_PAGES = "/ws/"
_CLIENTS = "/v1/"
MESSAGE_TOO_BIG = 1009


def too_large(self: Any, size: int, limit: int, reason: str) -> None:
    """In place of Autobahn's: what still comes is thrown away, and the peer is told."""
    self.failedByMe = True
    if self.request.path.startswith(_PAGES):
        problem = Problem("frame_too_large", _SENTENCE, FRAME_TOO_LARGE)
        self.sendMessage(dump(problem.as_event()).encode())
        server_close(self, FRAME_TOO_LARGE)
    else:
        server_close(self, MESSAGE_TOO_BIG, _SENTENCE)


_on_connect = WebSocketProtocol.onConnect


def on_connect(self: Any, request: Any) -> Any:
    """In place of daphne's: the same, with more room for clients."""
    if request.path.startswith(_CLIENTS):
        self.maxFramePayloadSize = self.maxMessagePayloadSize = MAX_APPEND
    return _on_connect(self, request)


def refuse_oversized() -> None:
    """Teach daphne, once for this process."""
    WebSocketProtocol.onConnect = on_connect
    WebSocketProtocol._max_message_size_exceeded = too_large
