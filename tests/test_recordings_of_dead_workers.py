"""Workers that are killed in a recorded call: what was heard by then is not lost."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.realtime.audio import bytes_of
from tests.scripted import Session, scripted_upstream, tone
from tests.services import free_port, wait_until
from tests.test_workers import tab
from tests.test_workers_that_end import row_in_flight
from tests.workers import Workers, running_workers

pytestmark = pytest.mark.xdist_group("workers")

AGREE = (
    "from chatbot import store\n"
    "from chatbot.models import User\n"
    "store.agree_to_recording(User.objects.get(username='admin'), True)"
)
KEPT = (
    "import json\n"
    "from chatbot.models import Recording\n"
    "rows = Recording.objects.order_by('turn__position')\n"
    "print(json.dumps([[row.turn.item_id, row.duration_ms, row.file.size == row.size]"
    " for row in rows]))"
)


async def half_an_answer(session: Session) -> None:
    """A question of 900 ms, and the first second of an answer."""
    await session.open()
    for _ in range(25):
        await session.expect("input_audio_buffer.append")
    await session.hear("Tell me a story.")
    await session.begin_answer("Once upon a time", sound_ms=1000)
    await session.hold()


@pytest.fixture
def upstream_port() -> int:
    return free_port()


@pytest.fixture
def workers(
    redis_url: str, tmp_path: Path, upstream_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workers]:
    monkeypatch.setenv("RECORDINGS", "true")
    upstream = f"ws://127.0.0.1:{upstream_port}/v1/realtime"
    with running_workers(tmp_path, redis_url, [upstream, upstream]) as running:
        yield running


def kept(workers: Workers) -> list[tuple[str, int, bool]]:
    """Item, length and whether its file is whole, of each recording that there is."""
    rows = json.loads(workers.command("shell", "--no-imports", "-c", KEPT))
    return [(item, duration_ms, is_whole) for item, duration_ms, is_whole in rows]


def spooled(folder: Path) -> list[int]:
    """The sizes of the sounds on the disk that are no recordings yet."""
    return [path.stat().st_size for path in folder.glob("recordings/.spool/*/*.pcm")]


@pytest.mark.parametrize("noticed_by", ["the next call", "prepare"])
async def test_what_a_killed_worker_had_on_the_disk_is_recorded_by_who_notices(
    workers: Workers, upstream_port: int, tmp_path: Path, noticed_by: str
) -> None:
    dying, other = workers.urls
    await asyncio.to_thread(workers.command, "shell", "-c", AGREE)
    async with scripted_upstream(half_an_answer, port=upstream_port):
        async with tab(dying, "/ws/call/") as call:
            started = await call.until("chat.call.started")
            assert started["recorded"] is True
            for _ in range(25):
                await call.socket.send(tone(40))
            await call.until("chat.turn.saved", item_id="u1")
            await asyncio.to_thread(row_in_flight, workers, started["conversation"]["id"])
            await asyncio.to_thread(wait_until, lambda: bytes_of(1000) in spooled(tmp_path), 30)
            workers.processes[0].popen.send_signal(signal.SIGKILL)
            await asyncio.wait_for(call.socket.wait_closed(), 30)
        await asyncio.to_thread(workers.processes[0].popen.wait)
        if noticed_by == "prepare":
            await asyncio.to_thread(workers.command, "prepare")
        else:
            path = f"/ws/call/?conversation={started['conversation']['id']}"
            async with tab(other, path) as again:
                await again.until("chat.call.started")
                await asyncio.to_thread(wait_until, lambda: not spooled(tmp_path), 30)
    assert await asyncio.to_thread(kept, workers) == [("u1", 900, True), ("a1", 1000, True)]
    assert spooled(tmp_path) == []
