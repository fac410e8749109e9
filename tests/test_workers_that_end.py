"""Workers that are killed or asked to go while somebody is being answered."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripted import Session, scripted_upstream, tone
from tests.services import free_port
from tests.test_workers import tab
from tests.workers import Workers, running_workers

pytestmark = pytest.mark.xdist_group("workers")


async def half_an_answer(session: Session) -> None:
    await session.open()
    await session.expect("input_audio_buffer.append")
    await session.hear("Tell me a story.")
    await session.begin_answer("Once upon a time")
    await session.hold()


@pytest.fixture
def upstream_port() -> int:
    return free_port()


@pytest.fixture
def workers(redis_url: str, tmp_path: Path, upstream_port: int) -> Iterator[Workers]:
    upstream = f"ws://127.0.0.1:{upstream_port}/v1/realtime"
    with running_workers(tmp_path, redis_url, [upstream, upstream]) as running:
        yield running


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_an_answer_in_flight_is_kept_as_interrupted(
    workers: Workers, upstream_port: int, number: signal.Signals
) -> None:
    dying, other = workers.urls
    async with (
        scripted_upstream(half_an_answer, port=upstream_port),
        tab(other, "/ws/captions/") as watching,
        tab(dying, "/ws/call/") as call,
    ):
        await watching.until("chat.watch.started")
        started = await call.until("chat.call.started")
        await call.socket.send(tone(40))
        await call.until("chat.audio")
        await watching.until("response.output_audio_transcript.delta")
        await asyncio.to_thread(row_in_flight, workers, started["conversation"]["id"])
        workers.processes[0].popen.send_signal(number)
        if number == signal.SIGTERM:
            assert (await call.until("chat.error"))["code"] == "worker_restarting"
        await asyncio.wait_for(call.socket.wait_closed(), 30)
        if number == signal.SIGTERM:
            assert call.socket.close_code == 1012
        await asyncio.to_thread(workers.processes[0].popen.wait)
        await watching.until("chat.call.ended")
        path = f"/ws/call/?conversation={started['conversation']['id']}"
        async with tab(other, path) as again:
            turns = (await again.until("chat.call.started"))["turns"]
    assert [(turn["role"], turn["status"], turn["text"]) for turn in turns] == [
        ("user", "completed", "Tell me a story."),
        ("assistant", "interrupted", "Once upon a time"),
    ]


def row_in_flight(workers: Workers, conversation: str) -> None:
    """Return once the answer has its row."""
    ask = (
        "from chatbot.models import Turn\n"
        "import time\n"
        f"rows = Turn.objects.filter(conversation='{conversation}', status='in_progress')\n"
        "while not rows.exists():\n    time.sleep(0.05)\n"
    )
    workers.command("shell", "-c", ask)
