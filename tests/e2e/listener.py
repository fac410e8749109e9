"""A page without a browser: it speaks and plays in real time, and pauses when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chatbot.caller import first_audible, sign_in
from chatbot.realtime.audio import bytes_of, ms_of
from chatbot.realtime.events import Event, dump, parse

FRAME_MS = 40
#: Two cores may be busy with the other half of the suite.
LIMIT_S = 120.0


@dataclass
class Sound:
    """One item's sound as it has come, and how much of it was played."""

    item_id: str
    generation: int
    pcm: bytearray = field(default_factory=bytearray)
    played_ms: float = 0.0
    is_whole: bool = False
    #: How much was played at each pause, and when it went on.
    stops_ms: list[float] = field(default_factory=list)

    @property
    def is_heard(self) -> bool:
        return self.is_whole and self.played_ms >= ms_of(len(self.pcm))


class Listener:
    """`events` are (time, event); times are monotonic seconds."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._speech = bytearray()
        self._changed = asyncio.Event()
        self.sounds: list[Sound] = []
        self.events: list[tuple[float, Event]] = []
        self.is_paused = False
        #: How many times as fast as a person listens.
        self.pace = 1.0
        #: When the first sample that can be heard of what was said last left the microphone.
        self.spoke_at = 0.0

    # What the user does

    def say(self, pcm: bytes) -> None:
        """Into the microphone, in real time, from the next frame on."""
        first = first_audible(pcm) or 0
        pcm = bytes(pcm[first * 2 :])
        self._speech += pcm.ljust(-(-len(pcm) // bytes_of(FRAME_MS)) * bytes_of(FRAME_MS), b"\0")
        self.spoke_at = 0.0

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until something holds; returns it."""
        async with asyncio.timeout(LIMIT_S):
            while not (found := condition()):
                self._changed.clear()
                await self._changed.wait()
        return found

    async def told(self, kind: str, since: int = 0) -> tuple[float, Event]:
        """The first event of a type, and when it came; `since` events are passed over."""
        found: tuple[float, Event] = await self.until(
            lambda: next((one for one in self.events[since:] if one[1]["type"] == kind), None)
        )
        return found

    async def hears(self, ms: int) -> Sound:
        """Wait until so much of the newest answer was played."""
        return await self.until(  # type: ignore[no-any-return]
            lambda: self.sounds and self.sounds[-1].played_ms >= ms and self.sounds[-1]
        )

    def types(self) -> list[str]:
        return [event["type"] for _, event in self.events]

    async def hang_up(self) -> None:
        """End the call, and wait until its rows are written."""
        await self._send({"type": "chat.hangup"})
        await self._socket.wait_closed()

    # What the page does by itself

    async def run(self) -> None:
        """Until the socket closes."""
        tasks = [asyncio.create_task(work()) for work in (self._speak, self._play)]
        async for frame in self._socket:
            if isinstance(frame, bytes):
                self.sounds[-1].pcm += frame
            else:
                event = parse(frame)
                self.events.append((time.monotonic(), event))
                await self._notice(event)
            self._changed.set()
        for task in tasks:
            task.cancel()

    async def _notice(self, event: Event) -> None:
        kind = event["type"]
        if kind == "chat.audio":
            self.sounds.append(Sound(event["item_id"], event["generation"]))
        elif kind == "response.output_audio.done":
            for sound in self.sounds:
                sound.is_whole = sound.is_whole or sound.item_id == event["item_id"]
        elif kind == "chat.paused":
            self.is_paused = True
            sounding = self._sounding()
            if sounding is not None:
                sounding.stops_ms.append(sounding.played_ms)
                await self._report(sounding, "paused")
        elif kind == "chat.resumed":
            self.is_paused = False
            sounding = self._sounding()
            if sounding is not None:
                sounding.stops_ms.append(sounding.played_ms)
        elif kind == "chat.interrupted":
            self.is_paused = False
            self.sounds = [s for s in self.sounds if s.generation >= event["generation"]]

    async def _speak(self) -> None:
        size, start, number = bytes_of(FRAME_MS), time.monotonic(), 0
        with contextlib.suppress(ConnectionClosed):
            while True:
                number += 1
                await asyncio.sleep(max(0.0, start + number * FRAME_MS / 1000 - time.monotonic()))
                frame = bytes(self._speech[:size]).ljust(size, b"\0")
                if self._speech and not self.spoke_at:
                    self.spoke_at = time.monotonic() - FRAME_MS / 1000
                del self._speech[:size]
                await self._socket.send(frame)

    async def _play(self) -> None:
        before, reported = time.monotonic(), 0.0
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(0.02)
                now = time.monotonic()
                passed_ms, before = (now - before) * 1000 * self.pace, now
                sound = self._sounding()
                if sound is None or self.is_paused:
                    continue
                sound.played_ms = min(sound.played_ms + passed_ms, ms_of(len(sound.pcm)))
                self._changed.set()
                if sound.is_heard:
                    await self._report(sound, "ended")
                elif now - reported > 0.25:
                    reported = now
                    await self._report(sound, "playing")

    def _sounding(self) -> Sound | None:
        return next((sound for sound in self.sounds if not sound.is_heard), None)

    async def _report(self, sound: Sound, state: str) -> None:
        report = {"generation": sound.generation, "item_id": sound.item_id, "content_index": 0}
        played = {"played_ms": int(sound.played_ms), "state": state}
        await self._send({"type": "chat.playback", **report, **played})

    async def _send(self, event: Event) -> None:
        await self._socket.send(dump(event))


@asynccontextmanager
async def calling(
    url: str, password: str, conversation: str | None = None
) -> AsyncIterator[Listener]:
    """A call of the admin's that is ready; hung up at the end."""
    cookie = await asyncio.to_thread(sign_in, url, "admin", password)
    site = urlsplit(url)
    query = f"?{urlencode({'conversation': conversation})}" if conversation else ""
    async with connect(
        f"ws://{site.netloc}/ws/call/{query}",
        additional_headers={"Cookie": cookie},
        origin=url,  # type: ignore[arg-type]
        compression=None,
        proxy=None,
    ) as socket:
        listener = Listener(socket)
        running = asyncio.create_task(listener.run())
        await listener.until(
            lambda: any(event.get("state") == "ready" for _, event in listener.events)
        )
        yield listener
        await listener.hang_up()
        await running
