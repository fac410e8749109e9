"""The scripted upstream keeps its word, also when it misbehaves."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chatbot.realtime import events
from chatbot.realtime.audio import from_base64
from script.install import ROOT
from tests.scripted import BEHAVIOURS, scripted_upstream, tone
from tests.scripted.frames import BINARY, STAMP_BYTES, FrameReader, frame
from tests.scripted.metronome import age_ms, metronome_upstream, stamp

UPDATE = events.dump(events.session_update({"type": "realtime"}))
WORDS = "conversation.item.input_audio_transcription.completed"


@asynccontextmanager
async def asked(behaviour: str) -> AsyncIterator[ClientConnection]:
    """A client that has set its session and said something."""
    async with (
        scripted_upstream(BEHAVIOURS[behaviour]) as upstream,
        connect(upstream.url, compression=None) as socket,
    ):
        await socket.send(UPDATE)
        await socket.send(events.append(tone(40)))
        yield socket


async def kinds_until(socket: ClientConnection, last: str) -> list[str]:
    """The types of what comes, up to the given one."""
    kinds: list[str] = []
    async with asyncio.timeout(10):
        while last not in kinds:
            kinds.append(json.loads(await socket.recv())["type"])
    return kinds


async def test_an_upstream_that_behaves_answers() -> None:
    async with asked("answer") as socket:
        kinds = await kinds_until(socket, "response.done")
    assert kinds[:2] == ["session.created", "session.updated"]
    assert kinds.index(WORDS) < kinds.index("response.created")


async def test_one_that_drops_is_gone_without_a_word() -> None:
    async with asked("drop") as socket:
        with pytest.raises(ConnectionClosed):
            await kinds_until(socket, "response.done")
        assert socket.close_code == 1006


async def test_one_that_stalls_says_no_more_and_reads_no_more() -> None:
    async with asked("stall") as socket:
        await kinds_until(socket, "response.output_audio.delta")
        pong = await socket.ping()
        for waiting in (socket.recv(), pong):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(waiting, 0.3)


async def test_one_that_rejects_answers_the_session_with_an_error() -> None:
    async with asked("reject") as socket:
        assert await kinds_until(socket, "error") == ["session.created", "error"]


async def test_one_that_expires_says_so_and_closes() -> None:
    async with asked("expire") as socket:
        await kinds_until(socket, "error")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1001


async def test_one_that_repeats_itself_says_everything_twice() -> None:
    async with asked("duplicate") as socket:
        kinds = await kinds_until(socket, "response.done")
    assert kinds[0::2][:-1] == kinds[1::2]


@pytest.mark.parametrize(
    ("behaviour", "before"),
    [("early-words", "input_audio_buffer.committed"), ("answer", "response.created")],
)
async def test_words_may_come_before(behaviour: str, before: str) -> None:
    async with asked(behaviour) as socket:
        assert WORDS in await kinds_until(socket, before)


async def test_words_may_come_after_the_answer() -> None:
    async with asked("late-words") as socket:
        assert "response.done" in await kinds_until(socket, WORDS)


async def test_words_may_fail_or_never_come() -> None:
    async with asked("failed-words") as socket:
        kinds = await kinds_until(socket, "response.done")
        assert "conversation.item.input_audio_transcription.failed" in kinds
    async with asked("no-words") as socket:
        kinds = await kinds_until(socket, "response.done")
        assert not [kind for kind in kinds if "transcription" in kind]


async def test_a_flood_ends() -> None:
    async with asked("flood") as socket:
        kinds = await kinds_until(socket, "response.done")
    assert kinds.count("debug.noise") == 10_000


async def test_the_metronome_speaks_in_time_and_measures_the_way_up() -> None:
    ages: list[float] = []
    async with metronome_upstream() as url, connect(url, compression=None) as socket:
        await socket.send(UPDATE)
        while len(ages) < 10:
            event = json.loads(await socket.recv())
            if event["type"] == "response.output_audio.delta":
                pcm = from_base64(event["delta"])
                assert len(pcm) == len(tone(40))
                ages.append(age_ms(pcm[:STAMP_BYTES]))
                await socket.send(events.append(stamp() + tone(40)))
        report = await latencies(url)
    assert all(0 < age < 500 for age in ages)
    assert report["calls"] == 1
    assert len(report["latencies_ms"]) >= 9


async def latencies(url: str) -> dict[str, Any]:
    """What the metronome has measured."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(b"GET /latencies HTTP/1.1\r\n\r\n")
    body = (await reader.read()).partition(b"\r\n\r\n")[2]
    writer.close()
    report: dict[str, Any] = json.loads(body)
    return report


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("mask", [b"", b"abcd"])
@pytest.mark.parametrize("pieces", [1, 7, 100])
def test_frames_are_cut_wherever_the_stream_is(size: int, mask: bytes, pieces: int) -> None:
    payload = bytes(index % 251 for index in range(size))
    stream = frame(BINARY, payload, mask) + frame(BINARY, b"next", mask)
    step = -(-len(stream) // pieces)
    reader = FrameReader()
    parts = [stream[at : at + step] for at in range(0, len(stream), step)]
    found = [whole.head(size + 4) for part in parts for whole in reader.feed(part)]
    assert found == [payload, b"next"]


# As a process


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.scripted", *words]
    return subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("port", ["99999", "0", "-1", "x"])
def test_a_port_that_cannot_be_is_refused_in_words(port: str) -> None:
    done = run(f"--port={port}")
    assert done.returncode == 2
    assert f"a port is a number from 1 to 65535, not '{port}'" in done.stderr


def test_a_port_that_is_taken_is_told_in_a_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--port", str(taken.getsockname()[1]), "--behaviour", "answer")
    assert done.returncode == 1
    assert "can't be listened on" in done.stderr
    assert "Traceback" not in done.stderr


def test_its_help_tells_what_each_behaviour_does() -> None:
    told = run("--help").stdout
    for name in ("metronome", *BEHAVIOURS):
        assert f"\n  {name} " in told
    assert "The words of the question never come." in told
