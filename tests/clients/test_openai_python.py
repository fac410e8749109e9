"""The `openai` package for Python, as it is."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import AsyncOpenAI
from websockets.exceptions import ConnectionClosedError

from tests.clients.conftest import QUESTION, Gateway

pytestmark = pytest.mark.xdist_group("clients")

FRAME_BYTES = 4800
ROLL: Any = {
    "type": "function",
    "name": "roll",
    "description": "Roll a die.",
    "parameters": {"type": "object", "properties": {"sides": {"type": "integer"}}},
}


class Caller:
    """A connection of the SDK's, and what came over it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.events: list[Any] = []

    async def until(self, kind: str) -> Any:
        while (event := await self.next()).type != kind:
            assert event.type != "error", event
        return event

    async def next(self) -> Any:
        async with asyncio.timeout(40):
            event = await self.connection.recv()
        assert event.event_id
        self.events.append(event)
        return event

    def has(self, kind: str) -> bool:
        return any(event.type == kind for event in self.events)

    def responses(self) -> list[Any]:
        """Those that are done."""
        return [event.response for event in self.events if event.type == "response.done"]

    async def configure(self, **session: Any) -> Any:
        await self.connection.session.update(session={"type": "realtime", **session})
        return (await self.until("session.updated")).session

    async def say(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), FRAME_BYTES):
            audio = base64.b64encode(pcm[at : at + FRAME_BYTES]).decode()
            await self.connection.input_audio_buffer.append(audio=audio)

    async def write(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.connection.conversation.item.create(item=item)

    def sound(self) -> bytes:
        deltas = [e.delta for e in self.events if e.type == "response.output_audio.delta"]
        return b"".join(base64.b64decode(delta) for delta in deltas)


@asynccontextmanager
async def calling(
    gateway: Gateway, token: str = "", model: str = "assistant"
) -> AsyncIterator[Caller]:
    client = AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=token or gateway.token)
    async with client.realtime.connect(model=model) as connection:
        yield Caller(connection)


async def test_a_voice_turn(gateway: Gateway) -> None:
    async with calling(gateway) as caller:
        created = (await caller.until("session.created")).session
        assert created.type == "realtime"
        assert created.audio.input.turn_detection.type == "server_vad"
        await caller.say(gateway.sound)
        await caller.until("input_audio_buffer.speech_started")
        await caller.until("input_audio_buffer.committed")
        response = (await caller.until("response.done")).response
        assert response.status == "completed"
        assert len(caller.sound()) > 24_000
        heard = [e.transcript for e in caller.events if e.type.endswith("transcription.completed")]
        if gateway.is_scripted:
            assert heard == ["Good morning."]
            assert response.output[0].content[0].transcript == "You said: Good morning."
        else:
            assert "capital" in heard[0]


async def test_a_text_turn(gateway: Gateway) -> None:
    async with calling(gateway) as caller:
        session = await caller.configure(output_modalities=["text"], instructions="Be brief.")
        assert session.instructions == "Be brief."
        await caller.write(QUESTION)
        await caller.connection.response.create(response={"metadata": {"mine": "1"}})
        assert (await caller.until("response.created")).response.metadata == {"mine": "1"}
        said = (await caller.until("response.output_text.done")).text
        assert said == f"You said: {QUESTION}" if gateway.is_scripted else said
        assert (await caller.until("response.done")).response.usage.total_tokens > 0


async def test_push_to_talk(gateway: Gateway) -> None:
    async with calling(gateway) as caller:
        session = await caller.configure(audio={"input": {"turn_detection": None}})
        assert session.audio.input.turn_detection is None
        await caller.say(gateway.sound)
        await caller.connection.input_audio_buffer.clear()
        await caller.until("input_audio_buffer.cleared")
        await caller.say(gateway.sound)
        await caller.connection.input_audio_buffer.commit()
        await caller.until("input_audio_buffer.committed")
        await caller.connection.response.create()
        assert (await caller.until("response.done")).response.status == "completed"
        assert not [e for e in caller.events if e.type.endswith("speech_started")]


async def test_an_interruption(gateway: Gateway) -> None:
    async with calling(gateway) as caller:
        await caller.until("session.created")
        await caller.write("Tell me a long story of a king, with every detail that you know.")
        await caller.connection.response.create()
        first = await caller.until("response.output_audio.delta")
        await caller.say(gateway.sound)
        await caller.until("input_audio_buffer.speech_started")
        await caller.connection.conversation.item.truncate(
            item_id=first.item_id, content_index=0, audio_end_ms=100
        )
        while len(caller.responses()) < 2 or not caller.has("conversation.item.truncated"):
            await caller.next()
        cut, answer = caller.responses()
        assert cut.status in ("cancelled", "completed")
        if gateway.is_scripted:
            assert cut.status_details.reason == "turn_detected"
        assert answer.status == "completed"


async def test_a_tool_call(scripted: Gateway) -> None:
    async with calling(scripted) as caller:
        session = await caller.configure(tools=[ROLL])
        assert [tool.name for tool in session.tools] == ["roll"]
        await caller.write("Roll the dice.")
        await caller.connection.response.create()
        called = await caller.until("response.function_call_arguments.done")
        assert (called.name, called.arguments) == ("roll", '{"sides":6}')
        await caller.until("response.done")
        output = {"type": "function_call_output", "call_id": called.call_id, "output": "4"}
        await caller.connection.conversation.item.create(item=output)
        await caller.connection.response.create()
        done = await caller.until("response.output_audio_transcript.done")
        assert done.transcript == "The tool says 4."
        await caller.until("response.done")


async def test_the_engine_takes_tools_and_their_outputs_though_it_calls_none(
    engine: Gateway,
) -> None:
    async with calling(engine) as caller:
        session = await caller.configure(tools=[ROLL], output_modalities=["text"])
        assert [tool.name for tool in session.tools] == ["roll"]
        await caller.write("I roll the dice.")
        call = {"type": "function_call", "call_id": "c1", "name": "roll", "arguments": "{}"}
        output = {"type": "function_call_output", "call_id": "c1", "output": "4"}
        for item in (call, output):
            await caller.connection.conversation.item.create(item=item)
        await caller.connection.response.create()
        assert (await caller.until("response.done")).response.status == "completed"


async def test_a_wrong_token_ends_as_with_the_service(scripted: Gateway) -> None:
    async with calling(scripted, token="clq_wrong") as caller:
        assert (await caller.until("error")).error.code == "invalid_api_key"
        with pytest.raises(ConnectionClosedError) as closed:
            await caller.until("session.created")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 3000
    assert closed.value.rcvd.reason == "invalid_request_error.invalid_api_key"


async def test_an_unknown_model_ends_as_with_the_service(scripted: Gateway) -> None:
    async with calling(scripted, model="gpt-9") as caller:
        assert (await caller.until("error")).error.code == "invalid_model"
        with pytest.raises(ConnectionClosedError) as closed:
            await caller.until("session.created")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4000
