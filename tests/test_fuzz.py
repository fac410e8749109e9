"""A thousand bad frames neither kill a worker, nor grow its memory, nor go unanswered."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chatbot.caller import sign_in
from chatbot.realtime import policy
from chatbot.realtime.audio import to_base64
from tests.scripted import BEHAVIOURS, Session, scripted_upstream, tone
from tests.services import free_port, wait_for_http, wait_until
from tests.workers import PASSWORD, Workers, running_workers

pytestmark = pytest.mark.xdist_group("fuzz")

FRAMES = 1_000
#: So many more before, to fill every cache.
WARM_UP = 300
GROWTH_LIMIT_BYTES = 8 * 1024 * 1024
#: Of a worker that takes events of 15 MiB, one after the other: fewer than it is sent.
LARGE_LIMIT_BYTES = 64 * 1024 * 1024
#: Those of docs/protocol.md and docs/gateway.md that bad frames lead to.
DOCUMENTED = {1009, 4413, 4429}
#: An event that any socket refuses by name, and goes on.
PROBE = "fuzz.probe"

Frame = str | bytes
Open = Callable[[], Any]


def anything(rng: random.Random, depth: int = 0) -> Any:
    """Any JSON value, and some that only Python takes for JSON."""
    kinds: list[Callable[[], Any]] = [
        lambda: None,
        lambda: rng.choice([True, -1, 0, 10**400, 1e308, float("nan"), float("inf")]),
        lambda: rng.choice(["", "a1", "\ud800", "\x00", "x" * rng.randrange(5_000), "😀"]),
        lambda: [anything(rng, depth + 1) for _ in range(rng.randrange(4))],
        lambda: {rng.choice(FIELDS): anything(rng, depth + 1) for _ in range(rng.randrange(4))},
    ]
    return rng.choice(kinds[: 3 if depth > 3 else None])()


FIELDS = (
    *("type", "event_id", "item", "audio", "session", "response", "content", "role", "id", "text"),
    *("generation", "item_id", "content_index", "played_ms", "state", "audio_end_ms", "tools"),
)
KINDS = (
    *policy.FROM_BROWSER,
    *(
        "chat.playback",
        "chat.interrupt",
        "chat.approve",
        "chat.unknown",
        "error",
        "session.updated",
    ),
)


def event(rng: random.Random) -> str:
    """A known event with fields that nobody expects."""
    fields = {rng.choice(FIELDS): anything(rng) for _ in range(rng.randrange(6))}
    return json.dumps({**fields, "type": rng.choice(KINDS)})


def truncated(rng: random.Random) -> str:
    whole = event(rng)
    return whole[: rng.randrange(len(whole))]


def nested(rng: random.Random) -> str:
    return rng.choice(["[", '{"type":', '{"item":[']) * rng.randrange(1, 10_000)


def noise(rng: random.Random) -> str:
    return "".join(chr(rng.randrange(1, 0xD7FF)) for _ in range(rng.randrange(200)))


def oversized(rng: random.Random) -> Frame:
    size = rng.choice([48_002, 65_537, 500_000, 1_100_000])
    return b"\0" * size if rng.random() < 0.5 else json.dumps({"type": "x", "text": "x" * size})


def binary(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(3_000))


MAKERS: list[Callable[[random.Random], Frame]] = [
    *(event, event, event, truncated, truncated, nested, noise, binary, binary, oversized)
]


@pytest.fixture(scope="module")
def upstream_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def workers(
    redis_url: str, upstream_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workers]:
    upstream = f"ws://127.0.0.1:{upstream_port}/v1/realtime"
    with running_workers(tmp_path_factory.mktemp("fuzz"), redis_url, [upstream]) as workers:
        yield workers


@pytest.fixture(scope="module")
def worker(workers: Workers) -> psutil.Process:
    """The process that listens there."""
    port = int(workers.urls[0].rpartition(":")[2])
    listening = psutil.net_connections("tcp4")
    pid = next(
        c.pid for c in listening if c.laddr and c.laddr.port == port and c.status == "LISTEN"
    )
    return psutil.Process(pid)


@pytest.fixture(scope="module")
def log(workers: Workers) -> Path:
    """What the worker says."""
    return Path(workers.env["VAR_DIR"]) / f"{workers.urls[0].rpartition(':')[2]}.log"


def page_of(workers: Workers) -> Open:
    """Opens a call as the page does."""
    url = workers.urls[0]
    headers = {"Cookie": sign_in(url, "admin", PASSWORD), "Origin": url}
    address = url.replace("http", "ws") + "/ws/call/"
    return lambda: connect(address, additional_headers=headers, proxy=None, max_size=None)


def client_of(workers: Workers) -> Open:
    """Opens a call as a stock client does."""
    headers = {"Authorization": f"Bearer {workers.command('createtoken', 'admin')}"}
    address = workers.urls[0].replace("http", "ws") + "/v1/realtime?model=assistant"
    return lambda: connect(address, additional_headers=headers, proxy=None, max_size=None)


async def answered(socket: ClientConnection) -> None:
    """The call goes on: what is asked last is refused by name."""
    await socket.send(json.dumps({"type": PROBE, "event_id": PROBE}))
    async with asyncio.timeout(20):
        async for frame in socket:
            if isinstance(frame, str) and PROBE in frame:
                return
    raise ConnectionClosed(None, None)


async def fuzz(open_call: Open, seed: int, frames: int) -> set[int]:
    """Send the frames in as many calls as it takes; returns how those were closed."""
    rng = random.Random(seed)
    codes: set[int] = set()
    sent = 0
    while sent < frames:
        async with open_call() as socket:
            try:
                for _ in range(frames - sent):
                    sent += 1
                    await socket.send(rng.choice(MAKERS)(rng))
                    await asyncio.sleep(0)  # to see a close frame: `send` alone never looks
                    if rng.random() < 0.05:
                        await answered(socket)
                await answered(socket)
            except ConnectionClosed:
                await socket.wait_closed()
                assert socket.close_code is not None
                codes.add(socket.close_code)
    return codes


async def listens(session: Session) -> None:
    """An upstream that takes whatever gets through."""
    await session.open()
    await session.hold()


@pytest.mark.parametrize("opener", [page_of, client_of], ids=["page", "client"])
async def test_bad_frames_are_survived(
    opener: Callable[[Workers], Open], workers: Workers, worker: psutil.Process, upstream_port: int
) -> None:
    open_call = opener(workers)
    async with scripted_upstream(listens, port=upstream_port):
        assert await fuzz(open_call, seed=1, frames=WARM_UP) <= DOCUMENTED
        before = worker.memory_full_info().uss
        assert await fuzz(open_call, seed=2, frames=FRAMES) <= DOCUMENTED
        assert worker.memory_full_info().uss - before < GROWTH_LIMIT_BYTES
    wait_for_http(f"{workers.urls[0]}/healthz")
    assert worker.is_running()


async def test_a_client_may_send_much_sound_at_once_but_nothing_else(
    workers: Workers, worker: psutil.Process, upstream_port: int
) -> None:
    append = {"type": "input_audio_buffer.append", "audio": to_base64(bytes(11 * 1024 * 1024))}
    received: list[int] = []

    async def script(session: Session) -> None:
        await session.open()
        for _ in range(3):
            event = await session.expect(append["type"])
            received.append(len(event["audio"]))
        await session.expect("input_audio_buffer.commit")
        await session.hear("That was long.")
        await session.hold()

    async with scripted_upstream(script, port=upstream_port), client_of(workers)() as socket:
        await until(socket, "session.created")
        before = worker.memory_full_info().uss
        for _ in range(3):
            await socket.send(json.dumps({**append, "type": "session.update"}))
            assert "message_too_large" in await until(socket, "error")
        for size in (11, 1, 3):
            audio = append["audio"][: size * 1024 * 1024]
            await socket.send(json.dumps({**append, "audio": audio}))
        await socket.send('{"type": "input_audio_buffer.commit"}')
        await until(socket, "conversation.item.input_audio_transcription.completed")
        assert worker.memory_full_info().uss - before < LARGE_LIMIT_BYTES
        with pytest.raises(ConnectionClosed):
            for _ in range(2):
                await socket.send("x" * (15 * 1024 * 1024 + 1))
            await until(socket, "never")
        assert socket.close_code == 1009
    assert received == [size * 1024 * 1024 for size in (11, 1, 3)]


async def until(socket: ClientConnection, kind: str) -> str:
    """The next event of this type, as it came."""
    async with asyncio.timeout(60):
        while True:
            frame = await socket.recv()
            if isinstance(frame, str) and json.loads(frame)["type"] == kind:
                return frame


async def test_a_worker_that_was_fuzzed_holds_calls(workers: Workers, upstream_port: int) -> None:
    script = BEHAVIOURS["answer"]
    async with scripted_upstream(script, port=upstream_port), page_of(workers)() as socket:
        await socket.send(tone(40))
        async with asyncio.timeout(20):
            async for frame in socket:
                if isinstance(frame, str) and '"chat.turn.saved"' in frame and '"a1"' in frame:
                    return
    raise AssertionError("the answer was not saved")


async def test_a_browser_that_does_not_read_is_let_go(
    workers: Workers, upstream_port: int, log: Path
) -> None:
    async def talks(session: Session) -> None:
        await session.open()
        await session.begin_answer("A long story.")
        place = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
        sound = {"type": "response.output_audio.delta", "delta": to_base64(tone(20_000)), **place}
        while True:
            await session.emit(sound)

    async with scripted_upstream(talks, port=upstream_port), page_of(workers)() as socket:
        socket.transport.pause_reading()
        await asyncio.to_thread(wait_until, lambda: "a browser does not read" in log.read_text())
        await asyncio.to_thread(wait_until, lambda: "ended, code 1006" in log.read_text())
