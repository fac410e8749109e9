"""One connection of the scripted upstream: what it expects, says, and does wrong on purpose."""

from __future__ import annotations

import asyncio
import json
from typing import Literal

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from chatbot.realtime.audio import to_base64
from tests.scripted.speech import USAGE, Event, answer_item, error, question_item, tone

LIMIT_S = 10.0

#: When the words of a question are known: before its item, at once, or when `transcribe` says so.
Words = Literal["early", "at once", "later"]


class Session:
    """One connection: `expect` what the relay sends, `emit` what it receives."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.received: list[Event] = []
        #: How many times each event is sent; 2 is a service that repeats itself.
        self.copies = 1

    async def expect(self, kind: str, *passed: str) -> Event:
        """The next event of this type; audio appended meanwhile, and events of the types that
        may be `passed`, are only recorded."""
        passed = ("input_audio_buffer.append", "conversation.item.create", *passed)
        async with asyncio.timeout(LIMIT_S):
            while True:
                event: Event = json.loads(await self.connection.recv())
                self.received.append(event)
                if event["type"] == kind:
                    return event
                assert event["type"] in passed, f"{event['type']} came instead of {kind}"

    async def emit(self, *events: Event) -> None:
        for number, event in enumerate(events):
            frame = json.dumps({"event_id": f"event_{number}", **event})
            for _ in range(self.copies):
                await self.connection.send(frame)

    async def open(self) -> Event:
        """Begin as the service does; returns the session that was asked for."""
        await self.emit({"type": "session.created", "session": {"instructions": "default"}})
        update = await self.expect("session.update")
        await self.emit({"type": "session.updated", "session": update["session"]})
        session: Event = update["session"]
        return session

    async def hold(self) -> None:
        """Read on until the relay goes."""
        try:
            async for frame in self.connection:
                self.received.append(json.loads(frame))
        except ConnectionClosed:
            return

    # Hearing

    async def hear(
        self,
        text: str,
        item_id: str = "u1",
        previous: str | None = None,
        words: Words = "at once",
    ) -> None:
        """The user has spoken these words; with `later` say them by `transcribe`."""
        item = question_item(item_id)
        place = {"item_id": item_id, "previous_item_id": previous}
        await self.emit(
            {"type": "input_audio_buffer.speech_started", "item_id": item_id, "audio_start_ms": 0},
            {"type": "input_audio_buffer.speech_stopped", "item_id": item_id, "audio_end_ms": 900},
        )
        if words == "early":
            await self.transcribe(text, item_id)
        await self.emit(
            {"type": "input_audio_buffer.committed", **place},
            {"type": "conversation.item.added", "item": item, "previous_item_id": previous},
            {"type": "conversation.item.done", "item": item, "previous_item_id": previous},
        )
        if words == "at once":
            await self.transcribe(text, item_id)

    async def transcribe(self, text: str, item_id: str = "u1") -> None:
        """The words of what was heard are known."""
        await self.emit(
            {
                "type": "conversation.item.input_audio_transcription.completed",
                "item_id": item_id,
                "content_index": 0,
                "transcript": text,
                "usage": {"type": "duration", "seconds": 0.9},
            }
        )

    async def fail_to_transcribe(self, item_id: str = "u1") -> None:
        """The words of what was heard will never be known."""
        await self.emit(
            {
                "type": "conversation.item.input_audio_transcription.failed",
                "item_id": item_id,
                "content_index": 0,
                "error": {"type": "transcription_error", "code": "audio_unintelligible"},
            }
        )

    # Answering

    async def begin_answer(
        self,
        text: str,
        item_id: str = "a1",
        previous: str = "u1",
        response_id: str = "r1",
        sound_ms: int = 1000,
    ) -> None:
        """Start to answer: the words, and a second of sound."""
        item = answer_item(item_id, "in_progress")
        at = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        response = {"id": response_id, "status": "in_progress", "output": []}
        await self.emit(
            {"type": "response.created", "response": response},
            {
                "type": "response.output_item.added",
                "response_id": response_id,
                "output_index": 0,
                "item": item,
            },
            {"type": "conversation.item.added", "item": item, "previous_item_id": previous},
            {"type": "response.output_audio_transcript.delta", "delta": text, **at},
        )
        await self.sound(tone(sound_ms), item_id, response_id)

    async def sound(self, pcm: bytes, item_id: str = "a1", response_id: str = "r1") -> None:
        """More of an answer's sound."""
        at = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        await self.emit({"type": "response.output_audio.delta", "delta": to_base64(pcm), **at})

    async def end_answer(
        self,
        text: str,
        item_id: str = "a1",
        previous: str = "u1",
        response_id: str = "r1",
        status: str = "completed",
    ) -> None:
        """Finish an answer, whole or cancelled."""
        whole = status == "completed"
        item = answer_item(item_id, "completed" if whole else "incomplete", text)
        at = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        details = None if whole else {"type": "cancelled", "reason": "client_cancelled"}
        response = {
            "id": response_id,
            "status": status,
            "status_details": details,
            "output": [item],
            "usage": USAGE,
        }
        await self.emit(
            {"type": "response.output_audio.done", **at},
            {"type": "response.output_audio_transcript.done", "transcript": text, **at},
            {"type": "conversation.item.done", "item": item, "previous_item_id": previous},
            {"type": "response.done", "response": response},
        )

    async def answer(
        self, text: str, item_id: str = "a1", previous: str = "u1", response_id: str = "r1"
    ) -> None:
        """A whole answer."""
        await self.begin_answer(text, item_id, previous, response_id)
        await self.end_answer(text, item_id, previous, response_id)

    # Misbehaving

    def drop(self) -> None:
        """The socket is gone, without a word."""
        self.connection.transport.abort()

    async def stall(self) -> None:
        """Neither read nor write any more, though the socket stays open until the relay goes."""
        self.connection.transport.pause_reading()
        await self.connection.wait_closed()

    async def reject(self, code: str = "invalid_value", message: str = "No such voice.") -> Event:
        """Begin, but refuse the session that is asked for, which is returned."""
        await self.emit({"type": "session.created", "session": {"instructions": "default"}})
        update = await self.expect("session.update")
        await self.emit(error(code, message))
        session: Event = update["session"]
        return session

    async def expire(self) -> None:
        """End as the service does after 60 minutes."""
        message = "Your session hit the maximum duration of 60 minutes."
        await self.emit(error("session_expired", message))
        await self.connection.close(1001)

    async def flood(self, count: int, size: int = 1000) -> None:
        """So many events that nobody knows, as fast as the relay reads."""
        for _ in range(count):
            await self.emit({"type": "debug.noise", "noise": "x" * size})
