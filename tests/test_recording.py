"""Calls that are recorded, with a scripted upstream on a real socket, and calls that are not."""

from __future__ import annotations

import asyncio
from array import array
from pathlib import Path
from typing import Any

import av
import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from chatbot import store
from chatbot.models import Call, Recording, User
from chatbot.realtime.audio import bytes_of
from chatbot.recording import of_conversation, spool
from chatbot.recording.making import submit
from tests.browser import opened
from tests.scripted import Session, scripted_upstream, tone

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT_S = 20.0


@pytest.fixture(autouse=True)
def recordings(settings: Settings, tmp_path: Path) -> None:
    settings.RECORDINGS = True
    settings.VAR_DIR = tmp_path


@pytest.fixture
def agreeing(alice: User) -> User:
    store.agree_to_recording(alice, True)
    return alice


def samples_of(recording: Recording) -> bytes:
    """The PCM16 of a stored file."""
    with recording.file.open("rb") as file, av.open(file, "r") as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.layout.name, stream.format.name) == (24_000, "mono", "s16")
        return b"".join(
            bytes(frame.planes[0])[: frame.samples * 2] for frame in container.decode(stream)
        )


def noise(ms: int, seed: int = 1) -> bytes:
    """Samples of which no two stretches are alike."""
    return array(
        "h", [(n * n * seed) % 20_000 - 10_000 for n in range(bytes_of(ms) // 2)]
    ).tobytes()


async def speak(page: Any, pcm: bytes) -> None:
    size = bytes_of(40)
    for start in range(0, len(pcm), size):
        await page.send(pcm[start : start + size])


async def settled() -> None:
    """Wait until all calls have let go of their spools, and their recordings are made."""
    async with asyncio.timeout(LIMIT_S):
        while spool.folders():  # noqa: ASYNC110 - a file system tells nobody
            await asyncio.sleep(0.02)
    await asyncio.wrap_future(submit(lambda: None))


@sync_to_async
def kept() -> dict[str, bytes]:
    """The sound of every recording by its item."""
    rows = Recording.objects.select_related("turn")
    return {row.turn.item_id: samples_of(row) for row in rows}


async def heard(session: Session, size: int) -> None:
    """So many bytes of speech have come."""
    while size > 0:
        event = await session.expect("input_audio_buffer.append")
        size -= len(event["audio"]) * 3 // 4


def started(item: str, ms: int) -> dict[str, Any]:
    return {"type": "input_audio_buffer.speech_started", "item_id": item, "audio_start_ms": ms}


def stopped(item: str, ms: int) -> dict[str, Any]:
    return {"type": "input_audio_buffer.speech_stopped", "item_id": item, "audio_end_ms": ms}


async def talk(session: Session) -> None:
    """Two seconds of speech, of which a turn is 600 ms to 1700 ms, and an answer to it."""
    await session.open()
    await heard(session, bytes_of(2000))
    await session.emit(started("u1", 600), stopped("u1", 1700))
    await session.hear("What is the time?")
    await session.begin_answer("It is noon.", sound_ms=300)
    await session.sound(noise(500, 7))
    await session.end_answer("It is noon.")
    await session.hold()


async def test_both_sides_of_a_call_are_kept_as_they_were(
    agreeing: User, settings: Settings
) -> None:
    async with scripted_upstream(talk) as upstream, opened(agreeing) as page:
        settings.REALTIME_URL = upstream.url
        assert (await page.until("chat.call.started"))["recorded"] is True
        await page.until("chat.status", state="ready")
        said = noise(2000)
        await speak(page, said)
        await page.until("chat.turn.saved", item_id="a1")
        await page.send({"type": "chat.hangup"})
        await page.until_closed()
    await settled()
    assert await kept() == {
        "u1": said[bytes_of(600) : bytes_of(1700)],
        "a1": tone(300) + noise(500, 7),
    }
    first, second = await sync_to_async(of_conversation)(
        (await Call.objects.select_related("conversation").aget()).conversation
    )
    assert (first.turn.item_id, first.duration_ms) == ("u1", 1100)
    assert (second.duration_ms, second.size) == (800, second.file.size)
