"""A scripted upstream: a real WebSocket server that says what a test wants it to say.

A script is a coroutine function that is given each connection as a `Session`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from chatbot.realtime.audio import bytes_of, to_base64

Event = dict[str, Any]
LIMIT_S = 10.0


class Session:
    """One connection: `expect` what the relay sends, `emit` what it receives."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.received: list[Event] = []

    async def expect(self, kind: str) -> Event:
        """The next event of this type; audio appended meanwhile is only recorded."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                event: Event = json.loads(await self.connection.recv())
                self.received.append(event)
                if event["type"] == kind:
                    return event
                assert event["type"] in ("input_audio_buffer.append", "conversation.item.create"), (
                    f"{event['type']} came instead of {kind}"
                )

    async def emit(self, *events: Event) -> None:
        for number, event in enumerate(events):
            await self.connection.send(json.dumps({"event_id": f"event_{number}", **event}))

    async def open(self) -> Event:
        """Begin as the service does; returns the session that was asked for."""
        await self.emit({"type": "session.created", "session": {"instructions": "default"}})
        update = await self.expect("session.update")
        await self.emit({"type": "session.updated", "session": update["session"]})
        session: Event = update["session"]
        return session

    async def hear(self, text: str, item_id: str = "u1", previous: str | None = None) -> None:
        """The user has spoken these words."""
        item = {
            "id": item_id,
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        place = {"item_id": item_id, "previous_item_id": previous}
        await self.emit(
            {"type": "input_audio_buffer.speech_started", "item_id": item_id, "audio_start_ms": 0},
            {"type": "input_audio_buffer.speech_stopped", "item_id": item_id, "audio_end_ms": 900},
            {"type": "input_audio_buffer.committed", **place},
            {"type": "conversation.item.added", "item": item, "previous_item_id": previous},
            {"type": "conversation.item.done", "item": item, "previous_item_id": previous},
            {
                "type": "conversation.item.input_audio_transcription.completed",
                "item_id": item_id,
                "content_index": 0,
                "transcript": text,
                "usage": {"type": "duration", "seconds": 0.9},
            },
        )

    async def begin_answer(
        self, text: str, item_id: str = "a1", previous: str = "u1", response_id: str = "r1"
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
            {"type": "response.output_audio.delta", "delta": to_base64(tone(1000)), **at},
        )

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

    async def hold(self) -> None:
        """Read on until the relay goes."""
        try:
            async for frame in self.connection:
                self.received.append(json.loads(frame))
        except ConnectionClosed:
            return


USAGE = {
    "total_tokens": 78,
    "input_tokens": 44,
    "output_tokens": 34,
    "input_token_details": {
        "text_tokens": 24,
        "audio_tokens": 20,
        "cached_tokens": 16,
        "cached_tokens_details": {"text_tokens": 16, "audio_tokens": 0},
    },
    "output_token_details": {"text_tokens": 14, "audio_tokens": 20},
}

Script = Callable[[Session], Awaitable[None]]


class ScriptedUpstream:
    """The server: its address, the sessions it has had, and what went wrong in its scripts."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.url = ""
        self.sessions: list[Session] = []
        self.requests: list[Request] = []
        self.failures: list[BaseException] = []

    async def handle(self, connection: ServerConnection) -> None:
        session = Session(connection)
        self.sessions.append(session)
        try:
            await self.script(session)
        except ConnectionClosed:
            pass
        except BaseException as failure:
            self.failures.append(failure)
            raise


@asynccontextmanager
async def scripted_upstream(
    script: Script, refusals: list[Response] | None = None, port: int = 0
) -> AsyncIterator[ScriptedUpstream]:
    """Serve the script; `refusals` answer the first handshakes instead. Fails with its script."""
    upstream = ScriptedUpstream(script)

    def process_request(connection: ServerConnection, request: Request) -> Response | None:
        upstream.requests.append(request)
        return refusals.pop(0) if refusals else None

    async with serve(
        upstream.handle, "127.0.0.1", port, process_request=process_request, compression=None
    ) as server:
        bound = next(iter(server.sockets)).getsockname()[1]
        upstream.url = f"ws://127.0.0.1:{bound}/v1/realtime"
        yield upstream
    if upstream.failures:
        raise upstream.failures[0]


def refusal(status: HTTPStatus, code: str) -> Response:
    """A handshake answered with an HTTP error and the service's JSON."""
    body = json.dumps({"error": {"code": code, "message": "..."}}).encode()
    return Response(status.value, status.phrase, Headers({"Retry-After": "1"}), body)


def answer_item(item_id: str, status: str, text: str = "") -> Event:
    """The item of an answer."""
    content = [{"type": "output_audio", "transcript": text}] if text else []
    return {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def tone(ms: int) -> bytes:
    """Sound that anybody hears: a square wave of 240 Hz."""
    period = b"\x00\x20" * 50 + b"\x00\xe0" * 50
    return (period * (bytes_of(ms) // len(period) + 1))[: bytes_of(ms)]
