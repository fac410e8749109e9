"""Lets daphne close a WebSocket with 1001, 1011, 1012 and 1013, and say why.

Daphne hands an application's close code to Autobahn's `sendClose`, which raises for every code from
1001 to 2999 and leaves the socket open, and it drops the reason. RFC 6455 and the IANA registry let
a server send these, and clients report them. Other ASGI servers need nothing of this.
"""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

NORMAL = 1000
#: Autobahn would drop a peer that does not answer within a second, and the code might be lost.
HANDSHAKE_S = 5
#: A control frame holds 125 bytes, two of them the code.
MAX_REASON_BYTES = 123

_handle_reply = WebSocketProtocol.handle_reply


def handle_reply(self: WebSocketProtocol, message: dict[str, Any]) -> None:
    """In place of daphne's: the same, but a close keeps its reason."""
    if message.get("type") == "websocket.close" and self.state != self.STATE_CONNECTING:
        reason = (message.get("reason") or "").encode()[:MAX_REASON_BYTES]
        server_close(self, message.get("code"), reason.decode(errors="ignore"))
    else:
        _handle_reply(self, message)


def server_close(self: WebSocketProtocol, code: int | None = None, reason: str = "") -> None:
    """In place of daphne's: the same, without the check of the code."""
    raw = reason.encode() or None
    self.closeHandshakeTimeout = HANDSHAKE_S
    self.sendCloseFrame(code=NORMAL if code is None else code, reasonUtf8=raw, isReply=False)


def allow_every_code() -> None:
    """Teach daphne, once for this process."""
    WebSocketProtocol.handle_reply = handle_reply
    WebSocketProtocol.serverClose = server_close
