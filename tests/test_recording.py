"""Calls that are recorded, with a scripted upstream on a real socket, and calls that are not."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import threading
from array import array
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import FileSystemStorage
from django.test import Client
from pytest_django import Settings

from chatbot import control, metrics, relay, store
from chatbot.models import Call, Recording, User
from chatbot.realtime.audio import bytes_of
from chatbot.recording import making, of_conversation, rescue, spool, tape
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


async def test_without_consent_nothing_is_kept_and_the_page_says_so(
    alice: User, settings: Settings
) -> None:
    async with scripted_upstream(talk) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        assert (await page.until("chat.call.started"))["recorded"] is False
        await speak(page, noise(2000))
        await page.until("chat.turn.saved", item_id="a1")
        assert spool.folders() == []
    assert await kept() == {}


async def test_where_recordings_are_off_consent_changes_nothing(
    agreeing: User, settings: Settings
) -> None:
    settings.RECORDINGS = False
    async with scripted_upstream(talk) as upstream, opened(agreeing) as page:
        settings.REALTIME_URL = upstream.url
        assert (await page.until("chat.call.started"))["recorded"] is False
        await speak(page, noise(2000))
        await page.until("chat.turn.saved", item_id="a1")
        assert spool.folders() == []


async def two_answers(session: Session) -> None:
    """One question and one answer, then half an answer to typed words, which never ends."""
    await session.open()
    await heard(session, bytes_of(400))
    await session.hear("Hello.")
    await session.answer("Hi.")
    await session.expect("input_audio_buffer.append")
    await session.hear("And now?", "u2", "a1")
    await session.begin_answer("Now I", "a2", "u2", "r2")
    await session.hold()


def post_preferences(user: User, **wanted: Any) -> int:
    """As the page's settings do it, at whichever worker."""
    client = Client()
    client.force_login(user)
    body = json.dumps(wanted)
    return client.post("/preferences/", body, content_type="application/json").status_code


@pytest.mark.parametrize("way", ["order", "lost order"])
async def test_withdrawing_stops_it_at_once_in_calls_that_run(
    agreeing: User, settings: Settings, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "lost order":
        monkeypatch.setattr(relay, "HEARTBEAT_S", 0.05)

        async def lost(call_id: UUID, *, agrees: bool) -> None:
            pass

        monkeypatch.setattr(control, "order_look_at_recording", lost)
    async with scripted_upstream(two_answers) as upstream, opened(agreeing) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="ready")
        await speak(page, noise(400))
        await page.until("chat.turn.saved", item_id="a1")
        async with asyncio.timeout(LIMIT_S):
            while len(await kept()) < 2:  # noqa: ASYNC110 - files tell nobody
                await asyncio.sleep(0.02)
        await speak(page, noise(40))
        await page.until("response.output_audio_transcript.delta", item_id="a2")
        assert await sync_to_async(post_preferences)(agreeing, recording=False) == 204
        await page.until("chat.recording", recorded=False)
        await page.send({"type": "chat.hangup"})
        await page.until_closed()
    await settled()
    assert sorted(await kept()) == ["a1", "u1"]  # those that were stored by then


async def test_who_agrees_in_mid_call_is_recorded_from_the_next_turn_on(
    alice: User, settings: Settings
) -> None:
    async with scripted_upstream(two_answers) as upstream, opened(alice) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="ready")
        await speak(page, noise(400))
        await page.until("chat.turn.saved", item_id="a1")
        assert await sync_to_async(post_preferences)(alice, recording=True) == 204
        await page.until("chat.recording", recorded=True)
        await speak(page, noise(40))
        await page.until("response.output_audio_transcript.delta", item_id="a2")
        await page.send({"type": "chat.hangup"})
        await page.until_closed()
    await settled()
    assert sorted(await kept()) == ["a2", "u2"]


async def test_a_disk_that_is_full_costs_the_recording_and_not_the_call(
    agreeing: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(self: spool.Spool, number: int, pcm: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(spool.Spool, "append", full)
    async with scripted_upstream(talk) as upstream, opened(agreeing) as page:
        settings.REALTIME_URL = upstream.url
        await page.until("chat.status", state="ready")
        await speak(page, noise(2000))
        await page.until("chat.turn.saved", item_id="a1")
        await page.send({"type": "chat.hangup"})
        assert await page.until_closed() == 1000
    await settled()
    assert await kept() == {}
    told = [record.getMessage() for record in caplog.records if "not recorded" in record.message]
    assert [line.partition(": ")[2] for line in told] == ["not recorded: No space left on device"]


async def test_what_the_disk_does_not_take_in_time_is_let_go_and_counted(
    agreeing: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "MOST_WAITING_BYTES", bytes_of(1500))
    lost = metrics.RECORDINGS_LOST.labels("overflow")._value
    before = lost.get()
    may_write = threading.Event()
    making.SPOOLING.submit(may_write.wait)
    try:
        async with scripted_upstream(talk) as upstream, opened(agreeing) as page:
            settings.REALTIME_URL = upstream.url
            await page.until("chat.status", state="ready")
            await speak(page, noise(2000))
            await page.until("chat.turn.saved", item_id="a1")
            async with asyncio.timeout(LIMIT_S):
                while lost.get() == before:  # noqa: ASYNC110 - a counter tells nobody
                    await asyncio.sleep(0.02)
            may_write.set()
            await page.send({"type": "chat.hangup"})
            await page.until_closed()
    finally:
        may_write.set()
    await settled()
    assert sorted(await kept()) == ["u1"]
    assert lost.get() == before + 1


async def test_what_cannot_be_stored_now_is_stored_later(
    agreeing: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*facts: Any, **more: Any) -> str:
        raise OSError("the bucket is away")

    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "save", unreachable)
        async with scripted_upstream(talk) as upstream, opened(agreeing) as page:
            settings.REALTIME_URL = upstream.url
            await page.until("chat.status", state="ready")
            await speak(page, noise(2000))
            await page.until("chat.turn.saved", item_id="a1")
            await page.send({"type": "chat.hangup"})
            await page.until_closed()
        left = spool.folders()[0]
        async with asyncio.timeout(LIMIT_S):
            while (found := spool.Spool.left(left)) is None:  # noqa: ASYNC110 - nor do locks
                await asyncio.sleep(0.02)
        found.close()
        assert await kept() == {}
    assert await sync_to_async(rescue)() == 1
    assert sorted(await kept()) == ["a1", "u1"]
    assert spool.folders() == []
