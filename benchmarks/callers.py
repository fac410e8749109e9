"""Callers for load: real time, 40 ms frames both ways, and so cheap that they measure the server.

They share one process and write frames by hand; each frame carries the time of its sending.
"""

from __future__ import annotations

import asyncio
import base64
import os
import random
import time
from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from chatbot.realtime import events
from tests.scripted import frames, tone
from tests.scripted.frames import BINARY, CLOSE, PING, PONG, STAMP_BYTES, STAMP_CHARACTERS, TEXT
from tests.scripted.metronome import FRAME_MS, age_ms, stamp

_MASK = b"\x5a\xc3\x96\x0f"
_STAMP_MASK = (_MASK * 3)[:STAMP_BYTES]
_PCM = tone(FRAME_MS)
#: Far enough to see the start of the sound in a delta.
_HEAD_BYTES = 240
_DELTA = b'"delta":"'


class Heard:
    """What all callers of a run have measured and met."""

    def __init__(self) -> None:
        self.latencies_ms: list[float] = []
        self.problems: list[str] = []


class Caller(asyncio.Protocol):
    """One call. Subclasses know what is said at the start, and how sound travels."""

    def __init__(self, url: str, cookie: str, heard: Heard) -> None:
        self._url = urlsplit(url)
        self._cookie = cookie
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._reader = frames.FrameReader()
        self._head: bytes | None = b""
        self._next = 0.0
        self.ready = self._loop.create_future()
        self.closed = self._loop.create_future()

    # What subclasses say

    def opened(self) -> None:
        """The handshake is done."""

    def sound(self) -> bytes:
        """One frame of sound, stamped and masked."""
        raise NotImplementedError

    def text(self, frame: frames.Frame) -> None:
        """An event has come."""

    def binary(self, frame: frames.Frame) -> None:
        """Sound has come."""

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        query = f"?{self._url.query}" if self._url.query else ""
        self.transport.write(
            f"GET {self._url.path}{query} HTTP/1.1\r\nHost: {self._url.netloc}\r\n"
            f"Origin: http://{self._url.netloc}\r\nCookie: {self._cookie}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head = None
            if b" 101 " not in head.split(b"\r\n")[0]:
                self.fail(head.split(b"\r\n")[0].decode())
                return
            self.opened()
        for frame in self._reader.feed(data):
            if frame.opcode == BINARY:
                self.binary(frame)
            elif frame.opcode == TEXT:
                self.text(frame)
            elif frame.opcode == PING:
                self.transport.write(frames.frame(PONG, frame.payload, _MASK))
            elif frame.opcode == CLOSE:
                self.fail(f"closed with {int.from_bytes(frame.payload[:2])}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail("connection lost")
        self.closed.set_result(None)

    def fail(self, problem: str) -> None:
        """Note what ended the call, unless we did."""
        if not self.transport.is_closing():
            self._heard.problems.append(problem)
            self.transport.close()
        if not self.ready.done():
            self.ready.set_result(None)

    def begin(self) -> None:
        """Speak from now on, at a phase of its own."""
        if not self.ready.done():
            self.ready.set_result(None)
            self._next = self._loop.time() + random.random() * FRAME_MS / 1000
            self._loop.call_at(self._next, self._speak)

    def _speak(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self.sound())
            self._next += FRAME_MS / 1000
            self._loop.call_at(self._next, self._speak)


class RelayedCaller(Caller):
    """A browser at our `/ws/call/`: sound is binary."""

    _BEFORE = frames.header(BINARY, len(_PCM), _MASK)
    _AFTER = frames.unmask(_PCM, _MASK)[STAMP_BYTES:]

    def sound(self) -> bytes:
        return b"".join((self._BEFORE, frames.unmask(stamp(), _STAMP_MASK), self._AFTER))

    def text(self, frame: frames.Frame) -> None:
        if b'"state":"ready"' in frame.payload:
            self.begin()
        elif b'"chat.error"' in frame.payload:
            self._heard.problems.append(frame.payload.decode())

    def binary(self, frame: frames.Frame) -> None:
        self._heard.latencies_ms.append(age_ms(frame.payload[:STAMP_BYTES]))


class DirectCaller(Caller):
    """A client of the upstream itself: sound is base64 in JSON."""

    _EVENT = events.append(_PCM).encode()
    _AT = _EVENT.index(b'"audio":"') + len(b'"audio":"')
    _MASKED = frames.unmask(_EVENT, _MASK)
    _BEFORE = frames.header(TEXT, len(_EVENT), _MASK) + _MASKED[:_AT]
    _AFTER = _MASKED[_AT + STAMP_CHARACTERS :]
    _KEY = (_MASK * 5)[_AT % 4 :][:STAMP_CHARACTERS]

    def opened(self) -> None:
        update = events.dump(events.session_update({"type": "realtime"})).encode()
        self.transport.write(frames.frame(TEXT, update, _MASK))

    def sound(self) -> bytes:
        coded = b2a_base64(stamp(), newline=False)
        return b"".join((self._BEFORE, frames.unmask(coded, self._KEY), self._AFTER))

    def text(self, frame: frames.Frame) -> None:
        at = frame.payload.find(_DELTA, 0, _HEAD_BYTES)
        if at >= 0:
            coded = frame.payload[at + len(_DELTA) :][:STAMP_CHARACTERS]
            self._heard.latencies_ms.append(age_ms(b64decode(coded)))
        elif b"session.updated" in frame.payload[:_HEAD_BYTES]:
            self.begin()


class Crowd:
    """So many calls at one address; leaving the context ends them."""

    def __init__(self, kind: Callable[[str, str, Heard], Caller], url: str, cookie: str) -> None:
        self._kind, self._url, self._cookie = kind, url, cookie
        self.heard = Heard()
        self.callers: list[Caller] = []

    async def grow(self, calls: int) -> None:
        """Have so many calls, once all of them talk; ten at a time."""
        host, _, port = urlsplit(self._url).netloc.partition(":")
        loop = asyncio.get_running_loop()
        while len(self.callers) < calls:
            new: list[Caller] = []
            for _ in range(min(10, calls - len(self.callers))):
                _, caller = await loop.create_connection(
                    lambda: self._kind(self._url, self._cookie, self.heard),
                    host,
                    int(port),
                )
                new.append(caller)
            self.callers += new
            async with asyncio.timeout(30):
                await asyncio.gather(*(caller.ready for caller in new))
            if self.heard.problems:
                raise RuntimeError(self.heard.problems[0])

    async def end(self) -> None:
        for caller in self.callers:
            caller.transport.close()
        await asyncio.gather(*(caller.closed for caller in self.callers))
        self.callers.clear()


def monotonic() -> float:
    """Seconds on the clock that all processes share."""
    return time.monotonic()
