"""Lets daphne say why it closes a WebSocket whose frame is too large.

Daphne refuses frames of more than 1 MiB before their payload is read; Autobahn then drops the
connection without a word. Other ASGI servers close with 1009.
"""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from chatbot.realtime.events import dump
from chatbot.realtime.problems import FRAME_TOO_LARGE, Problem
from project.closing import server_close

_SENTENCE = "That is more than this call can take at once. Send it in smaller pieces."
_PAGES = "/ws/"
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


def refuse_oversized() -> None:
    """Teach daphne, once for this process."""
    WebSocketProtocol._max_message_size_exceeded = too_large
