"""Lets daphne close a WebSocket with 1011, 1012 and 1013.

Daphne hands an application's close code to Autobahn's `sendClose`, which raises for every code from
1001 to 2999 and leaves the socket open. RFC 6455 and the IANA registry let a server send these
three, and browsers report them. Other ASGI servers need nothing of this.
"""

from __future__ import annotations

from daphne.ws_protocol import WebSocketProtocol

NORMAL = 1000


def server_close(self: WebSocketProtocol, code: int | None = None) -> None:
    """In place of daphne's: the same, without the check of the code."""
    self.sendCloseFrame(code=NORMAL if code is None else code, isReply=False)


def allow_every_code() -> None:
    """Teach daphne, once for this process."""
    WebSocketProtocol.serverClose = server_close
