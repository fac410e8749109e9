"""Upstreams that give one answer of many minutes: at once, or in real time and unevenly."""

from __future__ import annotations

import asyncio
import random

from tests.scripted import Script, Session, tone

CHUNK_MS = 40


async def typed_question(session: Session) -> str:
    """What the user has typed is in the conversation; returns its item's id."""
    item = (await session.expect("conversation.item.create"))["item"]
    for kind in ("added", "done"):
        event = {"type": f"conversation.item.{kind}", "item": item, "previous_item_id": None}
        await session.emit(event)
    await session.expect("response.create")
    return str(item["id"])


def long_answer(seconds: float, jitter_ms: float | None) -> Script:
    """Each frame of 40 ms up to `jitter_ms` late; with None all as fast as it is read."""

    async def script(session: Session) -> None:
        await session.open()
        previous = await typed_question(session)
        await session.begin_answer("A long answer.", "a1", previous, sound_ms=CHUNK_MS)
        clock = asyncio.get_running_loop().time
        begun = clock()
        for number in range(1, round(seconds * 1000 / CHUNK_MS)):
            if jitter_ms is not None:
                due_ms = number * CHUNK_MS + random.uniform(0, jitter_ms)
                await asyncio.sleep(begun + due_ms / 1000 - clock())
            await session.sound(tone(CHUNK_MS))
        await session.end_answer("A long answer.", "a1", previous)
        await session.hold()

    return script
