"""Frames for a browser leave in order, and a browser that does not read is let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chatbot.outgoing import MAX_UNREAD_BYTES, Outgoing


class Browser:
    """What a server's `send` leads to; it takes nothing while `reads` is not set."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.received: list[Any] = []
        self.is_left_behind = asyncio.Event()
        self.has_gone = False

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        if self.has_gone:
            raise OSError
        self.received.append(message.get("text", message.get("bytes", message["type"])))


@asynccontextmanager
async def to(browser: Browser) -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(browser.send, browser.is_left_behind.set)
    task = asyncio.create_task(outgoing.run())
    yield outgoing
    task.cancel()


async def test_a_message_follows_what_was_put_before_it() -> None:
    browser = Browser()
    async with to(browser) as outgoing:
        outgoing.put("words")
        outgoing.put(b"sound")
        closing = asyncio.create_task(outgoing.send({"type": "websocket.close"}))
        await asyncio.sleep(0)
        assert browser.received == []
        browser.reads.set()
        await closing
    assert browser.received == ["words", b"sound", "websocket.close"]


async def test_a_browser_that_does_not_read_is_let_go_once() -> None:
    browser = Browser()
    async with to(browser) as outgoing:
        for _ in range(MAX_UNREAD_BYTES // 1_000_000 + 3):
            outgoing.put(bytes(1_000_000))
            await asyncio.sleep(0)
        await asyncio.wait_for(browser.is_left_behind.wait(), 5)
        browser.reads.set()
        await outgoing.send({"type": "websocket.close"})
    assert [frame for frame in browser.received if isinstance(frame, str)] == ["websocket.close"]
    assert len(browser.received) <= 2  # what was on its way already


async def test_what_is_for_a_browser_that_has_gone_is_thrown_away() -> None:
    browser = Browser()
    browser.reads.set()
    browser.has_gone = True
    async with to(browser) as outgoing:
        outgoing.put("words")
        outgoing.put("more words")
        with pytest.raises(OSError):
            await outgoing.send({"type": "websocket.close"})
    assert browser.received == []
    assert not browser.is_left_behind.is_set()
