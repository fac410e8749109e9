"""Frames reach a call as they arrive from daphne, and nothing else about daphne changes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from daphne.ws_protocol import WebSocketFactory
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import MemoryReactorClock, StringTransport

from chatbot.receiving import LINE, Frame
from project import line
from project.closing import allow_every_code
from project.sending import send_at_once
from tests.scripted.frames import BINARY, PING, TEXT, frame

MASK = b"\x5a\xc3\x96\x0f"
CONTINUED = 0x0

HANDSHAKE = (
    b"GET /ws/call/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Daphne:
    """What a protocol of daphne's asks of its server."""

    root_path = ""
    proxy_forwarded_address_header = None
    scope: dict[str, Any]

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        self.scope = scope
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        return self.queue

    def protocol_connected(self, protocol: Any) -> None: ...
    def protocol_disconnected(self, protocol: Any) -> None: ...
    def log_action(self, *details: Any) -> None: ...


class Wire(StringTransport):
    """Keeps what is written; nobody produces for it."""

    def unregisterProducer(self) -> None: ...


wire: Any = Wire  # Twisted's has no types


class Socket:
    """An open WebSocket of daphne's, without a network."""

    def __init__(self) -> None:
        allow_every_code()
        send_at_once()
        line.offer_lines()
        self.daphne = Daphne()
        reactor: Any = MemoryReactorClock()  # type: ignore[no-untyped-call]
        factory = WebSocketFactory(self.daphne, reactor=reactor)
        factory.setProtocolOptions(
            openHandshakeTimeout=0, maxMessagePayloadSize=1 << 20, maxFramePayloadSize=1 << 20
        )
        self.transport: Any = wire()
        self.protocol: Any = factory.buildProtocol(None)
        self.protocol._raw_query_string = b""
        self.protocol.makeConnection(self.transport)
        self.protocol.dataReceived(HANDSHAKE)
        self.protocol.serverAccept()
        assert self.transport.value().startswith(b"HTTP/1.1 101")
        self.transport.clear()
        assert self.queue()[0]["type"] == "websocket.connect"

    def queue(self) -> list[dict[str, Any]]:
        """What the application would be told, by now."""
        waiting = self.daphne.queue
        return [waiting.get_nowait() for _ in range(waiting.qsize())]

    def frames(self) -> list[Frame]:
        """The same, without its ASGI dress."""
        return [told["text"] if "text" in told else told["bytes"] for told in self.queue()]

    def hand_over(self) -> list[Frame]:
        """Where frames go from now on."""
        taken: list[Frame] = []
        line.DaphneLine(self.protocol).hand_over(taken.append)
        return taken


def client(opcode: int, payload: bytes) -> bytes:
    return frame(opcode, payload, MASK)


def in_pieces(first: int, payload: bytes) -> bytes:
    """A message in two frames, with a ping between them."""
    begun = client(first, payload[:1])
    rest = client(CONTINUED, payload[1:])
    return bytes([begun[0] & 0x7F]) + begun[1:] + client(PING, b"?") + rest


SIZES = st.sampled_from([0, 1, 125, 126, 1920, 65_535, 65_536])
MESSAGES = st.one_of(
    SIZES.map(lambda size: client(BINARY, bytes(size))),
    st.text(max_size=200).map(lambda text: client(TEXT, text.encode())),
    st.binary(max_size=125).map(lambda payload: client(PING, payload)),
    st.binary(max_size=20).map(lambda payload: in_pieces(BINARY, payload)),
    st.text(max_size=20).map(lambda text: in_pieces(TEXT, text.encode())),
)


@given(st.lists(MESSAGES, max_size=8), st.lists(st.integers(1, 4000), max_size=20))
def test_a_call_hears_what_autobahn_would_have_read(messages: list[bytes], cuts: list[int]) -> None:
    """However the network cuts the stream."""
    stream, taught = b"".join(messages), Socket()
    taken = taught.hand_over()
    rest = stream
    for size in cuts:
        taught.protocol.dataReceived(rest[:size])
        rest = rest[size:]
    taught.protocol.dataReceived(rest)
    plain = Socket()
    line._data_received(plain.protocol, stream)
    assert taken == plain.frames()
    assert taught.transport.value() == plain.transport.value()


def test_frames_that_waited_come_first_and_the_end_is_told_as_ever() -> None:
    socket = Socket()
    socket.protocol.dataReceived(client(TEXT, b"early") + client(BINARY, b"sound"))
    socket.daphne.queue.put_nowait({"type": "websocket.disconnect", "code": 1001})
    taken = socket.hand_over()
    assert taken == ["early", b"sound"]
    socket.protocol.dataReceived(client(TEXT, b"late"))
    assert taken == ["early", b"sound", "late"]
    assert [told["type"] for told in socket.queue()] == ["websocket.disconnect"]


def test_without_a_call_frames_are_queued_as_ever() -> None:
    socket = Socket()
    socket.protocol.dataReceived(client(TEXT, "wörd".encode()) + client(BINARY, b"sound"))
    assert socket.queue() == [
        {"type": "websocket.receive", "text": "wörd"},
        {"type": "websocket.receive", "bytes": b"sound"},
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        client(TEXT, b"\xff\xfe no text"),
        frame(TEXT, b"not masked"),
        bytes([0xC1]) + client(TEXT, b"compressed")[1:],
        client(0x3, b"no such frame"),
        b"\x82\xfe\x00\x05" + MASK + b"short",
    ],
)
def test_what_nobody_may_send_fails_as_ever(wrong: bytes) -> None:
    socket = Socket()
    taken = socket.hand_over()
    socket.protocol.dataReceived(wrong)
    assert taken == []
    assert socket.protocol.failedByMe


def test_sound_proves_that_a_browser_lives() -> None:
    socket = Socket()
    socket.hand_over()
    socket.protocol.autoPingTimeout = 30
    socket.protocol.last_ping = 0
    socket.protocol._sendAutoPing()
    socket.protocol.dataReceived(client(BINARY, b"sound"))
    assert socket.protocol.autoPingTimeoutCall is None
    assert socket.protocol.last_ping > 0


def test_a_line_sends_text_and_sound() -> None:
    socket = Socket()
    ours = line.DaphneLine(socket.protocol)
    ours.send("wörd")
    ours.send(b"sound")
    assert socket.transport.value() == frame(TEXT, "wörd".encode()) + frame(BINARY, b"sound")


def test_every_websocket_of_daphnes_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    scopes: list[dict[str, Any]] = []
    monkeypatch.setattr(line, "_create_application", lambda server, at, scope: scopes.append(scope))
    line.create_application(None, None, {"type": "websocket"})
    line.create_application(None, None, {"type": "http"})
    assert [LINE in scope.get("extensions", {}) for scope in scopes] == [True, False]
