"""Lets daphne hand a call's frames over as they arrive, and take its frames, without waiting.

Daphne reads a frame in a dozen steps, most of them for options that we never use, then wakes the
application by a queue. A call that asks for its `Line` is called at once instead; and whoever
asks or not, plain frames are cut out of what has arrived in one step. All else, from pings to
frames that nobody may send, is left to daphne.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol

from chatbot.frames import BINARY, IN_16_BITS, MASKED, TEXT, masked
from chatbot.realtime.large_events import MAX_EVENT
from chatbot.receiving import LINE, Frame
from project.sending import server_send, unread_bytes

_PLAIN = (TEXT, BINARY)
_HEADER_BYTES, _LONG_HEADER_BYTES = 6, 8

_create_application = Server.create_application
_data_received = WebSocketProtocol.dataReceived
_on_message = WebSocketProtocol.onMessage


class DaphneLine:
    """The `Line` of one WebSocket; see `chatbot.receiving`."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def send(self, frame: Frame) -> None:
        server_send(self._protocol, frame, isinstance(frame, bytes))

    def unread_bytes(self) -> int:
        return unread_bytes(self._protocol.transport)

    def let_go(self) -> None:
        self._protocol.transport.abortConnection()

    def read_on(self) -> None:
        self._protocol.transport.resumeProducing()

    def hand_over(self, take: Callable[[Frame], None]) -> None:
        queue = self._protocol.application_queue
        self._protocol.take = take
        for message in [queue.get_nowait() for _ in range(queue.qsize())]:
            if message["type"] == "websocket.receive":
                take(message["text"] if "text" in message else message["bytes"])
            else:
                queue.put_nowait(message)


def create_application(self: Any, protocol: Any, scope: dict[str, Any]) -> Any:
    """In place of daphne's: the same, with a line for every WebSocket."""
    if scope["type"] == "websocket":
        scope["extensions"] = {LINE: DaphneLine(protocol)}
    return _create_application(self, protocol, scope)


def data_received(self: Any, data: bytes) -> None:
    """In place of Autobahn's: takes plain frames, and leaves it the rest."""
    if self.begun_frame:
        data, self.begun_frame = self.begun_frame + data, b""
    while data and is_between_messages(self):
        start, end = plain_frame(data)
        if end > len(data):
            self.begun_frame = data
            return
        if not end or not receive(self, data, start, end):
            break
        data = data[end:]
    if data:
        _data_received(self, data)


def is_between_messages(self: Any) -> bool:
    """Whether the next byte begins a message."""
    is_open: bool = self.state == self.STATE_OPEN
    return is_open and not (self.inside_message or self.current_frame or self.data)


def plain_frame(data: bytes) -> tuple[int, int]:
    """Where the payload begins and ends, which may be later than the data; 0, 0 if Autobahn must
    look: it is no whole message, or compressed, not masked, too long, or its header is cut."""
    if len(data) < _LONG_HEADER_BYTES or data[0] not in _PLAIN or data[1] < MASKED:
        return 0, 0
    size = data[1] - MASKED
    if size < IN_16_BITS:
        return _HEADER_BYTES, _HEADER_BYTES + size
    size = int.from_bytes(data[2:4]) if size == IN_16_BITS else 0
    return (_LONG_HEADER_BYTES, _LONG_HEADER_BYTES + size) if size >= IN_16_BITS else (0, 0)


def receive(self: Any, data: bytes, start: int, end: int) -> bool:
    """Hand the frame over; False for text that is none, which Autobahn has a close code for."""
    payload = masked(data[start:end], data[start - 4 : start])
    is_binary = data[0] == BINARY
    if not (is_binary or is_text(payload)):
        return False
    if self.autoPingTimeoutCall:
        self._cancelAutoPingTimeoutCall()
    self.onMessage(payload, is_binary)
    return True


def is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def on_message(self: Any, payload: bytes, is_binary: bool) -> None:
    """In place of daphne's: the same, until a call has asked for frames. After a large one nothing
    more is read until it is taken."""
    if self.take is None:
        if len(payload) > MAX_EVENT:
            self.transport.pauseProducing()
        _on_message(self, payload, is_binary)
    else:
        self.last_ping = time.time()
        self.take(payload if is_binary else payload.decode())


def offer_lines() -> None:
    """Teach daphne, once for this process."""
    Server.create_application = create_application
    WebSocketProtocol.dataReceived = data_received
    WebSocketProtocol.onMessage = on_message
    WebSocketProtocol.take = None
    WebSocketProtocol.begun_frame = b""
