"""The whole engine with its real models, as the process that `script/server` starts."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import hibari
import numpy as np
import pytest
from openai import AsyncOpenAI
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chatbot.realtime.audio import to_base64
from tests.engine.calls import Call, calling, free_port

TRANSCRIPTION = {"transcription": {"model": "whisper-1"}}
QUESTION = "What is the capital of France?"
START_S = 60.0

#: One engine for all of them, also when tests run side by side.
pytestmark = pytest.mark.xdist_group("engine")


class Process:
    """`python -m chatbot.engine`; `early` is what it answered before it was ready."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        self.early: set[int] = set()
        arguments = [sys.executable, "-m", "chatbot.engine", "--port", str(self.port)]
        self.process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)

    async def ready(self) -> None:
        """Wait until it takes calls."""
        async with asyncio.timeout(START_S):
            while not await asyncio.to_thread(self._try):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)

    def _try(self) -> bool:
        try:
            with connect(f"{self.url}/v1/realtime", compression=None):
                return True
        except InvalidStatus as refusal:
            self.early.add(refusal.response.status_code)
        except OSError:
            pass
        return False

    def stop(self) -> str:
        """End it; what it wrote to stderr."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=5)[1]


@pytest.fixture(scope="module")
def engine() -> Iterator[Process]:
    process = Process()
    asyncio.run(process.ready())
    yield process
    if process.process.poll() is None:
        process.stop()


@cache
def voice() -> Any:
    return hibari.Hibari()


def speech(text: str, silence_ms: int = 800) -> bytes:
    """Somebody says `text`, then nothing."""
    samples = np.concatenate([voice()(text, seed=1), np.zeros(24 * silence_ms, np.float32)])
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def noise(kind: str) -> bytes:
    """Two seconds of something that is no speech."""
    random = np.random.default_rng(1)
    times = np.arange(48_000) / 24_000
    samples = {
        "silence": np.zeros(48_000),
        "hiss": random.standard_normal(48_000) * 0.1,
        "tone": np.sin(2 * np.pi * 440 * times) * 0.3,
        "clicks": np.where(np.arange(48_000) % 12_000 < 40, 0.9, 0.0),
    }[kind]
    return bytes((samples * 32767).astype("<i2").tobytes())


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


async def heard(call: Call) -> str:
    kind = "conversation.item.input_audio_transcription.completed"
    return str((await call.until(kind))["transcript"])


async def test_it_listens_before_it_is_ready(engine: Process) -> None:
    assert engine.early == {503}


async def test_a_question_is_recognized_and_answered_aloud(engine: Process) -> None:
    async with calling(engine.url) as call:
        await call.configure(audio={"input": TRANSCRIPTION})
        await call.say(speech(QUESTION))
        assert words(await heard(call)) == words(QUESTION)
        done = (await call.until("response.done"))["response"]
        assert done["status"] == "completed"
        said = done["output"][0]["content"][0]["transcript"]
        assert "Paris" in said
        samples = call.audio()
        assert float(np.sqrt(np.mean(samples**2))) > 0.02
        assert 0.02 < len(samples) / 24_000 / len(said) < 0.2
        assert done["usage"]["input_token_details"]["text_tokens"] > 20


async def test_a_typed_question_is_answered_in_writing_with_the_conversation_in_mind(
    engine: Process,
) -> None:
    async with calling(engine.url) as call:
        await call.configure(output_modalities=["text"])
        content = [{"type": "input_text", "text": QUESTION}]
        item = {"type": "message", "role": "user", "content": content}
        await call.send("conversation.item.create", item=item)
        await call.send("response.create")
        first = (await call.until("response.done"))["response"]
        assert "Paris" in first["output"][0]["content"][0]["text"]
        await call.send("conversation.item.create", item=item)
        await call.send("response.create")
        second = (await call.until("response.done"))["response"]
        details = second["usage"]["input_token_details"]
        assert details["cached_tokens"] > 30, "the conversation is not read twice"


async def test_push_to_talk(engine: Process) -> None:
    async with calling(engine.url) as call:
        await call.configure(audio={"input": {**TRANSCRIPTION, "turn_detection": None}})
        await call.say(speech("How many days are there in a week?"))
        await call.send("input_audio_buffer.commit")
        await call.send("response.create")
        assert "days" in words(await heard(call))
        done = (await call.until("response.done"))["response"]
        assert done["status"] == "completed"
        assert not call.all("input_audio_buffer.speech_started")


async def test_speaking_over_the_answer_stops_it_and_only_the_heard_words_stay(
    engine: Process,
) -> None:
    async with calling(engine.url) as call:
        await call.configure(audio={"input": TRANSCRIPTION})
        await call.say(speech("Tell me a very long story about a dragon."))
        item_id = (await call.until("response.output_audio.delta"))["item_id"]
        await call.say(speech("Stop. How are you?"))
        await call.until("input_audio_buffer.speech_started")
        cancelled = (await call.until("response.done"))["response"]
        assert cancelled["status_details"]["reason"] == "turn_detected"
        told = cancelled["output"][0]["content"][0]["transcript"]
        await call.send(
            "conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=150
        )
        await call.until("conversation.item.truncated")
        await call.send("conversation.item.retrieve", item_id=item_id)
        kept = (await call.until("conversation.item.retrieved"))["item"]
        assert len(kept["content"][0]["transcript"]) < len(told)
        assert told.startswith(kept["content"][0]["transcript"])
        assert (await call.until("response.done"))["response"]["status"] == "completed"


@pytest.mark.parametrize("kind", ["silence", "hiss", "tone", "clicks"])
async def test_no_words_are_invented_for_what_is_no_speech(engine: Process, kind: str) -> None:
    async with calling(engine.url) as call:
        await call.configure(audio={"input": {**TRANSCRIPTION, "turn_detection": None}})
        await call.send(
            "conversation.item.create",
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "audio": to_base64(noise(kind))}],
            },
        )
        assert await heard(call) == ""
        await call.configure(audio={"input": {"turn_detection": {"type": "server_vad"}}})
        await call.say(noise(kind))
        await call.say(speech("Hello, how are you?"))
        assert "how are you" in " ".join(words(await heard(call)))


async def test_a_long_speech_is_heard_to_its_end(engine: Process) -> None:
    names = ("Anna", "Robert", "Maria", "David", "Susan", "Peter")
    text = " ".join(f"My friend {name} has a garden with many apple trees." for name in names)
    patient = {"type": "server_vad", "silence_duration_ms": 1500}
    async with calling(engine.url) as call:
        await call.configure(audio={"input": {**TRANSCRIPTION, "turn_detection": patient}})
        await call.say(speech(f"{text} {text} That is the end.", silence_ms=1800))
        transcript = words(await heard(call))
        assert transcript.count("garden") == 12
        assert transcript[-2:] == ["the", "end"]


async def test_three_callers_at_once_are_all_answered(engine: Process) -> None:
    async def ask(question: str) -> str:
        async with calling(engine.url) as call:
            await call.configure(audio={"input": TRANSCRIPTION}, max_output_tokens=40)
            await call.say(speech(question))
            transcript = await heard(call)
            await call.until("response.done")
            assert len(call.audio()) > 12_000
            return transcript

    questions = [QUESTION, "How far away is the moon?", "What is your favorite color?"]
    assert [words(one) for one in await asyncio.gather(*map(ask, questions))] == [
        words(one) for one in questions
    ]


async def test_the_stock_client_holds_a_session(engine: Process) -> None:
    client = AsyncOpenAI(api_key="none", base_url=f"http://127.0.0.1:{engine.port}/v1")
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": QUESTION}],
            }
        )
        await connection.response.create()
        text = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                text += event.delta
            if event.type == "response.done":
                break
        assert "Paris" in text


async def test_it_ends_at_once_and_has_written_no_words_down(engine: Process) -> None:
    async with calling(engine.url) as call:
        await call.say(speech("Tell me a very long story about a dragon."))
        await call.until("response.output_audio.delta")
        log = await asyncio.to_thread(engine.stop)
        call.websocket.transport.abort()
    assert engine.process.returncode == 0
    assert "ready" in log
    assert not {"dragon", "france", "story"} & set(words(log))
