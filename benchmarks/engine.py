"""Voice to voice with the engine: ten spoken questions, from the end of speech to the first sound.

    python benchmarks/engine.py [--url ws://127.0.0.1:8765/v1/realtime]

Start the engine first. The questions are spoken by the engine's own voice, sent in real time in
40 ms frames with server_vad at 500 ms of silence, one call for all ten. The end of speech is the
last sample louder than silence; the first sound is the arrival of the first delta with such a
sample in it, plus the silence before that sample.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import time
from typing import Any

import hibari
import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from chatbot.realtime.audio import BYTES_PER_SECOND, from_base64, to_base64

FRAME_BYTES = 1920
AUDIBLE = 300

QUESTIONS = (
    "What is the capital of France?",
    "How many days are there in a week?",
    "Can you tell me something about elephants?",
    "Who wrote the play Romeo and Juliet?",
    "What color do you get when you mix blue and yellow?",
    "How do plants make their food?",
    "What is the largest planet in the solar system?",
    "Please explain why the sky is blue.",
    "How far away is the moon?",
    "What should I cook for dinner tonight?",
)


def pcm_of(samples: Any) -> bytes:
    """Float samples as the protocol's PCM."""
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def first_audible(pcm: bytes) -> int | None:
    """Index of the first sample that can be heard."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(int)) > AUDIBLE)
    return int(loud[0]) if len(loud) else None


def words(text: str) -> list[str]:
    """Words without case and punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower())


def word_errors(wanted: str, got: str) -> int:
    """Edit distance in words."""
    a, b = words(wanted), words(got)
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


class Call:
    """A client that always sends, as a microphone does, and notes when events come."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._queue = bytearray()
        self.spoken_at = 0.0
        self.events: list[tuple[float, dict[str, Any]]] = []

    async def say(self, pcm: bytes) -> None:
        """Put speech on the line; `spoken_at` becomes the moment its last sample is sent."""
        self._queue += pcm

    async def microphone(self) -> None:
        """Send a frame every 40 ms."""
        due = time.perf_counter()
        while True:
            frame = bytes(self._queue[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\0")
            ended = 0 < len(self._queue) <= FRAME_BYTES
            del self._queue[:FRAME_BYTES]
            event = {"type": "input_audio_buffer.append", "audio": to_base64(frame)}
            await self._websocket.send(json.dumps(event))
            if ended:
                self.spoken_at = time.perf_counter()
            due += FRAME_BYTES / BYTES_PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def until_done(self) -> None:
        """Gather events up to the end of the next answer."""
        async for frame in self._websocket:
            event = json.loads(frame)
            self.events.append((time.perf_counter(), event))
            if event["type"] in ("response.done", "error"):
                return


def first_sound(events: list[tuple[float, dict[str, Any]]]) -> float:
    """When the first audible sample could be played."""
    silence = 0
    for at, event in events:
        if event["type"] == "response.output_audio.delta":
            pcm = from_base64(event["delta"])
            index = first_audible(pcm)
            if index is not None:
                return at + (silence + index) * 2 / BYTES_PER_SECOND
            silence += len(pcm) // 2
    return float("nan")


async def measure(url: str, silence_ms: int) -> list[dict[str, Any]]:
    """Ask all questions in one call."""
    voice = hibari.Hibari()
    rows = []
    async with connect(url, compression=None, max_size=None) as websocket:
        call = Call(websocket)
        detection = {"type": "server_vad", "silence_duration_ms": silence_ms}
        audio = {"input": {"turn_detection": detection, "transcription": {"model": "whisper-1"}}}
        update = {"type": "session.update", "session": {"type": "realtime", "audio": audio}}
        await websocket.send(json.dumps(update))
        microphone = asyncio.create_task(call.microphone(), name="microphone")
        for number, question in enumerate(QUESTIONS):
            samples = voice(question, seed=number)
            end = np.flatnonzero(np.abs(samples) > 0.01)[-1]
            call.events.clear()
            await asyncio.sleep(1.0)
            await call.say(pcm_of(samples[: end + 1]))
            await asyncio.wait_for(call.until_done(), 60)
            rows.append(row_of(question, call))
        microphone.cancel()
    return rows


def row_of(question: str, call: Call) -> dict[str, Any]:
    """Milliseconds since the end of speech, by stage, and the words."""
    at: dict[str, float] = {}
    for moment, event in call.events:
        at.setdefault(event["type"], moment)
    names = {
        "stopped": "input_audio_buffer.speech_stopped",
        "words": "conversation.item.input_audio_transcription.completed",
        "answer": "response.output_item.added",
        "audio": "response.output_audio.delta",
    }
    since = {key: round((at[name] - call.spoken_at) * 1000) for key, name in names.items()}
    completed = names["words"]
    heard = next(event for _, event in call.events if event["type"] == completed)["transcript"]
    done = call.events[-1][1]["response"]["output"]
    return {
        "question": question,
        "heard": heard,
        "said": done[0]["content"][0]["transcript"] if done else "",
        **since,
        "sound": round((first_sound(call.events) - call.spoken_at) * 1000),
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="ws://127.0.0.1:8765/v1/realtime?model=engine")
    parser.add_argument("--silence-ms", type=int, default=500)
    options = parser.parse_args()
    rows = asyncio.run(measure(options.url, options.silence_ms))
    for row in rows:
        print(
            f"{row['stopped']:5} {row['words']:5} {row['answer']:5} {row['audio']:5} "
            f"{row['sound']:5}  {row['heard']} -> {row['said'][:60]}"
        )
    sounds = sorted(row["sound"] for row in rows)
    errors = sum(word_errors(row["question"], row["heard"]) for row in rows)
    total = sum(len(words(row["question"])) for row in rows)
    print("ms after speech: stopped, words known, answer begun, first audio, first sound")
    print(f"voice to voice: median {statistics.median(sounds):.0f} ms, worst {sounds[-1]} ms")
    print(f"words recognized: {100 * (total - errors) / total:.1f} % of {total}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
