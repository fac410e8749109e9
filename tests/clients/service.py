"""A Realtime service for clients to talk to: full GA shapes, no models, the same each time.

A second of sound is a turn of the user's. The answer echoes what was said; a question with "dice"
calls the tool `roll` if there is one; one with "story" is told until it is interrupted.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from chatbot.realtime.audio import BYTES_PER_SECOND, from_base64, to_base64
from chatbot.realtime.permissions import merged
from tests.scripted import USAGE, Event, Session, tone

HEARD = "Good morning."


class Service:
    """One session. `run` is the script of a `ScriptedUpstream`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.settings: dict[str, Any] = {"type": "realtime", "object": "realtime.session"}
        self.items: list[Event] = []
        self.heard_bytes = 0
        self.numbers = itertools.count(1)
        self.answer: asyncio.Task[None] | None = None
        self.running: Event | None = None
        self.said: list[Event] = []

    async def run(self) -> None:
        await self.emit("session.created", session={**self.settings, "id": "sess_upstream"})
        async for frame in self.session.connection:
            event = json.loads(frame)
            self.session.received.append(event)
            await getattr(self, "on_" + event["type"].replace(".", "_"))(event)

    async def emit(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": f"event_{next(self.numbers)}", **fields}
        await self.session.connection.send(json.dumps(event))

    # What clients send

    async def on_session_update(self, event: Event) -> None:
        self.settings = merged(self.settings, event["session"])
        await self.emit("session.updated", session={**self.settings, "id": "sess_upstream"})

    async def on_input_audio_buffer_append(self, event: Event) -> None:
        before, self.heard_bytes = (
            self.heard_bytes,
            self.heard_bytes + len(from_base64(event["audio"])),
        )
        if self.settings["audio"]["input"]["turn_detection"] is None:
            return
        if before == 0:
            await self.emit(
                "input_audio_buffer.speech_started", audio_start_ms=0, item_id=self.next_item()
            )
            await self.cancel("turn_detected")
        if self.heard_bytes >= BYTES_PER_SECOND:
            await self.emit(
                "input_audio_buffer.speech_stopped", audio_end_ms=1000, item_id=self.next_item()
            )
            await self.commit()
            self.respond({})

    async def on_input_audio_buffer_commit(self, event: Event) -> None:
        await self.commit()

    async def on_input_audio_buffer_clear(self, event: Event) -> None:
        self.heard_bytes = 0
        await self.emit("input_audio_buffer.cleared")

    async def on_conversation_item_create(self, event: Event) -> None:
        await self.add({"id": self.next_item(), "status": "completed", **event["item"]})

    async def on_conversation_item_retrieve(self, event: Event) -> None:
        item = next(item for item in self.items if item["id"] == event["item_id"])
        await self.emit("conversation.item.retrieved", item=item)

    async def on_conversation_item_truncate(self, event: Event) -> None:
        fields = {name: event[name] for name in ("item_id", "content_index", "audio_end_ms")}
        await self.emit("conversation.item.truncated", **fields)

    async def on_response_create(self, event: Event) -> None:
        if self.running is not None:
            error = {
                "type": "invalid_request_error",
                "code": "conversation_already_has_active_response",
                "message": "Conversation already has an active response in progress.",
                "param": None,
                "event_id": event.get("event_id"),
            }
            await self.emit("error", error=error)
        else:
            self.respond(event.get("response") or {})

    async def on_response_cancel(self, event: Event) -> None:
        await self.cancel("client_cancelled")

    # What the service does

    def next_item(self) -> str:
        return f"item_{len(self.items) + 1}"

    async def add(self, item: Event, *, is_done: bool = True) -> None:
        previous = self.items[-1]["id"] if self.items else None
        self.items.append(item)
        await self.emit("conversation.item.added", item=item, previous_item_id=previous)
        if is_done:
            await self.emit("conversation.item.done", item=item, previous_item_id=previous)

    async def commit(self) -> None:
        previous = self.items[-1]["id"] if self.items else None
        item_id, self.heard_bytes = self.next_item(), 0
        await self.emit("input_audio_buffer.committed", item_id=item_id, previous_item_id=previous)
        content = [{"type": "input_audio", "transcript": None}]
        await self.add(
            {"id": item_id, "type": "message", "role": "user", "status": "completed",
             "content": content}
        )  # fmt: skip
        self.items[-1] = {**self.items[-1], "content": [{**content[0], "transcript": HEARD}]}
        await self.emit(
            "conversation.item.input_audio_transcription.completed",
            item_id=item_id,
            content_index=0,
            transcript=HEARD,
            usage={"type": "duration", "seconds": 1.0},
        )

    def respond(self, wanted: Event) -> None:
        last = self.items[-1]
        asked = " ".join(part.get("text") or part.get("transcript") or ""
                         for part in last.get("content", []))  # fmt: skip
        words = f"The tool says {last['output']}." if "output" in last else f"You said: {asked}"
        modalities = wanted.get("output_modalities") or self.settings["output_modalities"]
        self.running = {
            "object": "realtime.response", "id": f"resp_{next(self.numbers)}",
            "status": "in_progress", "status_details": None, "output": [],
            "conversation_id": "conv_1", "output_modalities": modalities,
            "max_output_tokens": "inf", "usage": None, "metadata": wanted.get("metadata"),
            "audio": {"output": self.settings["audio"]["output"]},
        }  # fmt: skip
        if "dice" in asked and self.settings.get("tools"):
            self.answer = asyncio.create_task(self.call_tool())
        else:
            self.answer = asyncio.create_task(self.say(words, modalities[0], "story" in asked))

    async def call_tool(self) -> None:
        item = {"id": self.next_item(), "type": "function_call", "status": "in_progress",
                "name": "roll", "call_id": "call_1", "arguments": ""}  # fmt: skip
        at = await self.begin(item)
        of_call = {**at, "call_id": "call_1"}
        arguments = '{"sides":6}'
        await self.emit("response.function_call_arguments.delta", delta=arguments, **of_call)
        await self.emit(
            "response.function_call_arguments.done", arguments=arguments, name="roll", **of_call
        )
        await self.end({**item, "status": "completed", "arguments": arguments}, at)

    async def say(self, words: str, modality: str, for_ever: bool) -> None:
        item = {"id": self.next_item(), "type": "message", "role": "assistant",
                "status": "in_progress", "content": []}  # fmt: skip
        at = {**await self.begin(item), "content_index": 0}
        part = (
            {"type": "audio", "transcript": ""}
            if modality == "audio"
            else {"type": "text", "text": ""}
        )
        await self.emit("response.content_part.added", part=part, **at)
        kind = "output_audio_transcript" if modality == "audio" else "output_text"
        await self.emit(f"response.{kind}.delta", delta=words, **at)
        if modality == "audio":
            for _ in range(3):
                await self.emit("response.output_audio.delta", delta=to_base64(tone(1000)), **at)
        self.said = [{"at": at, "words": words, "modality": modality, "item": item}]
        if for_ever:
            return
        await self.finish("completed", None)

    async def finish(self, status: str, details: Event | None) -> None:
        """End what is said, whole or cut."""
        for said in self.said:
            at, words = said["at"], said["words"]
            if said["modality"] == "audio":
                await self.emit("response.output_audio.done", **at)
                await self.emit("response.output_audio_transcript.done", transcript=words, **at)
                part, content = (
                    {"type": "audio", "transcript": words},
                    {"type": "output_audio", "transcript": words},
                )
            else:
                await self.emit("response.output_text.done", text=words, **at)
                part, content = (
                    {"type": "text", "text": words},
                    {"type": "output_text", "text": words},
                )
            await self.emit("response.content_part.done", part=part, **at)
            item_status = "completed" if status == "completed" else "incomplete"
            await self.end(
                {**said["item"], "status": item_status, "content": [content]}, at, status, details
            )
        self.said = []

    async def begin(self, item: Event) -> Event:
        assert self.running is not None
        await self.emit("response.created", response=self.running)
        at = {"response_id": self.running["id"], "output_index": 0}
        await self.emit("response.output_item.added", item=item, **at)
        await self.add(item, is_done=False)
        return {**at, "item_id": item["id"]}

    async def end(
        self, item: Event, at: Event, status: str = "completed", details: Event | None = None
    ) -> None:
        assert self.running is not None
        index = next(i for i, known in enumerate(self.items) if known["id"] == item["id"])
        self.items[index] = item
        previous = self.items[index - 1]["id"] if index else None
        await self.emit("conversation.item.done", item=item, previous_item_id=previous)
        place = {"response_id": at["response_id"], "output_index": 0}
        await self.emit("response.output_item.done", item=item, **place)
        response = {
            **self.running, "status": status, "status_details": details, "output": [item],
            "usage": USAGE,
        }  # fmt: skip
        self.running = None
        await self.emit("response.done", response=response)
        limits = {"name": "tokens", "limit": 1000, "remaining": 900, "reset_seconds": 0.5}
        await self.emit("rate_limits.updated", rate_limits=[limits])

    async def cancel(self, reason: str) -> None:
        if self.running is None:
            return
        if self.answer is not None:
            await self.answer
        if self.running is not None:
            await self.finish("cancelled", {"type": "cancelled", "reason": reason})


async def serve_client(session: Session) -> None:
    """The script."""
    await Service(session).run()
