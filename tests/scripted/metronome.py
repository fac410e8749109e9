"""A cheap upstream for load: to every call it speaks 40 ms of sound 25 times a second.

Each frame of sound, ours and the caller's, begins with the time of its sending, so that every
frame is a measurement. `GET /latencies` returns those of the way up since the last time, in
milliseconds, and how many calls there are. It costs a tenth of a library's server.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from base64 import b64decode, b64encode
from binascii import b2a_base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from tests.scripted import frames
from tests.scripted.frames import CLOSE, PING, PONG, STAMP_BYTES, STAMP_CHARACTERS, TEXT
from tests.scripted.speech import Event, answer_item, tone

FRAME_MS = 40
_SOUND = b64encode(tone(FRAME_MS))[STAMP_CHARACTERS:] + b'"}'
_DELTA = (
    b'{"type":"response.output_audio.delta","event_id":"event_%010d","response_id":"r1",'
    b'"item_id":"a1","output_index":0,"content_index":0,"delta":"'
)
_DELTA_SIZE = len(_DELTA % 0) + STAMP_CHARACTERS + len(_SOUND)
_DELTA_HEADER = frames.header(TEXT, _DELTA_SIZE)
#: Far enough to see the start of the sound in an append, however its fields are ordered.
_HEAD_BYTES = 160
_AUDIO = b'"audio":"'


def stamp() -> bytes:
    """Now, as the start of a frame of sound."""
    return time.monotonic_ns().to_bytes(STAMP_BYTES, "little")


def age_ms(stamp: bytes) -> float:
    """How long ago a stamp was made."""
    return (time.monotonic_ns() - int.from_bytes(stamp, "little")) / 1e6


class Metronome:
    """The server: its calls, and how long their sound took to arrive."""

    def __init__(self) -> None:
        self.calls: set[MetronomeCall] = set()
        self.latencies_ms: list[float] = []

    def report(self) -> bytes:
        latencies, self.latencies_ms = self.latencies_ms, []
        rounded = [round(latency, 3) for latency in latencies]
        return json.dumps({"calls": len(self.calls), "latencies_ms": rounded}).encode()


class MetronomeCall(asyncio.Protocol):
    """One connection, from its handshake on."""

    def __init__(self, metronome: Metronome) -> None:
        self._metronome = metronome
        self._loop = asyncio.get_running_loop()
        self._request = b""
        self._is_open = False
        self._is_speaking = False
        self._reader = frames.FrameReader()
        self._sent = 0
        self._next = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._metronome.calls.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._is_open:
            for frame in self._reader.feed(data):
                self._frame(frame)
        else:
            self._request += data
            head, end, rest = self._request.partition(b"\r\n\r\n")
            if end:
                self._answer_request(head, rest)

    def _answer_request(self, head: bytes, rest: bytes) -> None:
        key = re.search(rb"(?im)^sec-websocket-key:\s*(\S+)", head)
        if key is None:
            body = self._metronome.report()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            self._transport.close()
            return
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n" % frames.accept_key(key[1])
        )
        self._is_open = True
        self._metronome.calls.add(self)
        self._emit({"type": "session.created", "session": {"instructions": "default"}})
        self.data_received(rest)

    def _frame(self, frame: frames.Frame) -> None:
        if frame.opcode == TEXT:
            head = frame.head(_HEAD_BYTES)
            at = head.find(_AUDIO)
            if at >= 0:
                coded = head[at + len(_AUDIO) :][:STAMP_CHARACTERS]
                self._metronome.latencies_ms.append(age_ms(b64decode(coded)))
            elif b"session.update" in head and not self._is_speaking:
                self._begin(json.loads(frame.head(len(frame.payload)))["session"])
        elif frame.opcode == PING:
            payload = frame.head(len(frame.payload))
            self._transport.write(frames.frame(PONG, payload))
        elif frame.opcode == CLOSE:
            self._transport.close()

    def _begin(self, session: Event) -> None:
        """Take the session as it is asked for, and begin an answer that never ends."""
        self._is_speaking = True
        item = answer_item("a1", "in_progress")
        response = {"id": "r1", "status": "in_progress", "output": []}
        self._emit({"type": "session.updated", "session": session})
        self._emit({"type": "response.created", "response": response})
        self._emit({"type": "conversation.item.added", "item": item, "previous_item_id": None})
        self._next = self._loop.time()
        self._speak()

    def _speak(self) -> None:
        if self._transport.is_closing():
            return
        self._sent += 1
        coded = b2a_base64(stamp(), newline=False)
        self._transport.write(b"".join((_DELTA_HEADER, _DELTA % self._sent, coded, _SOUND)))
        self._next += FRAME_MS / 1000
        self._loop.call_at(self._next, self._speak)

    def _emit(self, event: Event) -> None:
        self._transport.write(frames.frame(TEXT, json.dumps(event).encode()))


@asynccontextmanager
async def metronome_upstream(port: int = 0) -> AsyncIterator[str]:
    """Serve on 127.0.0.1; gives the address to connect to."""
    metronome = Metronome()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: MetronomeCall(metronome), "127.0.0.1", port, backlog=1024
    )
    async with server:
        bound = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{bound}/v1/realtime"
