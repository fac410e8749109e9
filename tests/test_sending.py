"""Frames from daphne leave at once and whole."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection
from twisted.internet.testing import MemoryReactor

from project.sending import write


class Line:
    """A connection of Twisted's and the other end of it."""

    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair()
        ours.setblocking(False)
        self.theirs.setblocking(False)
        reactor: Any = MemoryReactor()  # type: ignore[no-untyped-call]
        protocol: Any = Protocol()
        self.connection: Any = Connection(ours, protocol, reactor)
        self.connection.connected = True

    def received(self) -> bytes:
        try:
            return self.theirs.recv(1 << 20)
        except BlockingIOError:
            return b""


def test_a_frame_leaves_at_once() -> None:
    line = Line()
    assert write(line.connection, b"sound") == 0
    assert line.received() == b"sound"
    assert line.connection.reactor.getWriters() == []


def test_what_does_not_fit_leaves_later_and_in_order() -> None:
    line = Line()
    sent, unread = b"", 0
    for number in range(40):
        frame = bytes([number]) * 50_000
        sent += frame
        unread = write(line.connection, frame)
    assert unread > 500_000
    received = line.received()
    while len(received) < len(sent):
        line.connection.doWrite()
        received += line.received()
    assert received == sent
    assert write(line.connection, b"next") == 0


def test_a_lost_connection_takes_frames_quietly() -> None:
    line = Line()
    line.theirs.close()
    write(line.connection, b"sound")
    line.connection.connected = False
    assert write(line.connection, b"sound") == 0
