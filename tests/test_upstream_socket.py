"""Text reaches a call whole, in order and at once, however the upstream cuts it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

import pytest
from websockets.asyncio.server import ServerConnection, serve

from chatbot.upstream import (
    ASK_AFTER,
    DEAD_AFTER,
    Upstream,
    UpstreamAddress,
    UpstreamError,
    open_upstream,
)

Script = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def upstream_that(script: Script) -> AsyncIterator[Upstream]:
    """A socket to a server that does this."""
    async with serve(script, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        address = UpstreamAddress(f"ws://127.0.0.1:{port}/", "m")
        async with open_upstream(address, fail) as upstream:
            yield upstream


def fail() -> NoReturn:
    raise AssertionError("it does not load anything")


async def heard_from(script: Script) -> list[str]:
    """All that it says until it closes."""
    heard: list[str] = []
    async with upstream_that(script) as upstream:
        with pytest.raises(UpstreamError) as lost:
            await asyncio.wait_for(upstream.listen(heard.append), 20)
    assert lost.value.problem.code == "upstream_lost"
    return heard


async def test_what_is_said_before_anybody_listens_comes_first() -> None:
    said = asyncio.Event()

    async def script(peer: ServerConnection) -> None:
        await peer.send("early")
        said.set()
        await peer.recv()
        await peer.send("late")

    heard: list[str] = []
    async with upstream_that(script) as upstream:
        await said.wait()
        upstream.send("go on")
        with pytest.raises(UpstreamError):
            await asyncio.wait_for(upstream.listen(heard.append), 20)
    assert heard == ["early", "late"]


async def test_a_silent_upstream_that_answers_pings_lives() -> None:
    async with upstream_that(ServerConnection.wait_closed) as upstream, asyncio.timeout(20):
        for _ in range(3):
            while upstream.look() < ASK_AFTER:
                pass
            while upstream.look() != 1:  # noqa: ASYNC110 - what comes, nobody tells of
                await asyncio.sleep(0.01)


async def test_an_upstream_that_gives_no_sign_of_life_is_lost() -> None:
    async def script(peer: ServerConnection) -> None:
        peer.transport.pause_reading()
        await peer.wait_closed()

    async with upstream_that(script) as upstream:
        assert [upstream.look() for _ in range(DEAD_AFTER)] == list(range(1, DEAD_AFTER + 1))
        with pytest.raises(UpstreamError) as lost:
            upstream.look()
    assert lost.value.problem.code == "upstream_lost"


async def test_text_in_pieces_is_put_together_and_sound_is_not_for_us() -> None:
    async def script(peer: ServerConnection) -> None:
        await peer.send(["in ", "three ", "pieces: ü"])
        await peer.send(b"binary")
        await peer.send([b"binary", b"too"])
        await peer.send("whole")

    assert await heard_from(script) == ["in three pieces: ü", "whole"]


async def test_who_sends_no_text_is_left() -> None:
    async def script(peer: ServerConnection) -> None:
        await peer.send("before")
        await peer.send(b"\xff\xfe", text=True)
        await peer.send("after")
        await peer.wait_closed()

    assert await heard_from(script) == ["before"]


async def test_nothing_is_heard_after_leaving() -> None:
    async def script(peer: ServerConnection) -> None:
        for number in range(100):
            await peer.send(str(number))
        await peer.wait_closed()

    heard: list[str] = []
    async with upstream_that(script) as upstream:

        def hear(text: str) -> None:
            heard.append(text)
            upstream.leave()

        with pytest.raises(UpstreamError):
            await asyncio.wait_for(upstream.listen(hear), 20)
    assert heard == ["0"]


async def test_long_texts_arrive_both_ways() -> None:
    async def script(peer: ServerConnection) -> None:
        async for text in peer:
            await peer.send(text)

    texts = ["", "ü" * 100, "x" * 70_000, "x" * 1_000_000]
    heard: list[str] = []
    async with upstream_that(script) as upstream:

        def hear(text: str) -> None:
            heard.append(text)
            if len(heard) == len(texts):
                upstream.leave()

        for text in texts:
            upstream.send(text)
        with pytest.raises(UpstreamError):
            await asyncio.wait_for(upstream.listen(hear), 20)
    assert heard == texts


async def test_what_is_said_while_it_is_paused_is_heard_later() -> None:
    said = asyncio.Event()

    async def script(peer: ServerConnection) -> None:
        await peer.recv()
        await peer.send("one")
        await peer.recv()
        await peer.send("two")
        said.set()
        await peer.wait_closed()

    heard: asyncio.Queue[str] = asyncio.Queue()
    async with upstream_that(script) as upstream:
        listening = asyncio.create_task(upstream.listen(heard.put_nowait))
        upstream.send("go on")
        assert await asyncio.wait_for(heard.get(), 20) == "one"
        upstream.pause()
        upstream.send("go on")
        await said.wait()
        assert [upstream.look() for _ in range(100)] == [0] * 100
        assert heard.empty()
        upstream.read_on()
        assert await asyncio.wait_for(heard.get(), 20) == "two"
        upstream.leave()
        with pytest.raises(UpstreamError):
            await listening
