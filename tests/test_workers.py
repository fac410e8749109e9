"""Two workers by hand: daphne, a real Redis, a real PostgreSQL; what one does the other shows."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

import pytest
from websockets.asyncio.client import connect

from chatbot.caller import sign_in
from tests.scripted import Session, scripted_upstream, tone
from tests.services import OPENER, free_port
from tests.workers import PASSWORD, running_workers

pytestmark = pytest.mark.xdist_group("workers")


@dataclass
class Pair:
    """Two workers' addresses, and where both look for an upstream."""

    urls: list[str]
    upstream_port: int


@pytest.fixture(scope="module")
def workers(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    upstream_port = free_port()
    upstream = f"ws://127.0.0.1:{upstream_port}/v1/realtime"
    folder = tmp_path_factory.mktemp("workers")
    with running_workers(folder, redis_url, [upstream, upstream]) as running:
        yield Pair(running.urls, upstream_port)


class Tab:
    """A socket of a browser tab at one worker."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        async with asyncio.timeout(15):
            async for frame in self.socket:
                event: dict[str, Any] = {} if isinstance(frame, bytes) else json.loads(frame)
                if event.get("type") == kind and fields.items() <= event.items():
                    return event
        raise AssertionError(f"closed before {kind}")


@asynccontextmanager
async def tab(url: str, path: str) -> AsyncIterator[Tab]:
    cookie = await asyncio.to_thread(sign_in, url, "admin", PASSWORD)
    address = url.replace("http", "ws") + path
    headers = {"Cookie": cookie}
    async with connect(address, additional_headers=headers, origin=url, proxy=None) as socket:  # type: ignore[arg-type]
        yield Tab(socket)


async def script(session: Session) -> None:
    await session.open()
    await session.expect("input_audio_buffer.append")
    await session.hear("Hello.")
    await session.answer("Hi.")
    await session.hold()


async def test_a_tab_at_another_worker_shows_the_captions(workers: Pair) -> None:
    here, there = workers.urls
    async with (
        scripted_upstream(script, port=workers.upstream_port),
        tab(there, "/ws/captions/") as early,
        tab(here, "/ws/call/") as call,
    ):
        started = await call.until("chat.call.started")
        await early.until("chat.call.started", call_id=started["call_id"])
        async with tab(there, "/ws/captions/") as late:
            live = (await late.until("chat.watch.started"))["live"]
            assert live["call_id"] == started["call_id"]
            await call.socket.send(tone(40))
            for watching in (early, late):
                await watching.until("response.output_audio_transcript.delta", delta="Hi.")
                await watching.until("chat.turn.saved", item_id="a1")
        await call.socket.close()
        await early.until("chat.call.ended")


async def test_a_tab_at_another_worker_takes_the_call_over(workers: Pair) -> None:
    here, there = workers.urls
    async with (
        scripted_upstream(script, port=workers.upstream_port),
        tab(here, "/ws/call/") as first,
    ):
        started = await first.until("chat.call.started")
        await first.until("chat.status", state="ready")
        path = f"/ws/call/?conversation={started['conversation']['id']}"
        async with tab(there, path) as second:
            await second.until("chat.status", state="ready")
            await first.until("chat.error", code="taken_over")
            await first.socket.wait_closed()
            assert first.socket.close_code == 4409


async def test_what_was_said_at_one_worker_goes_on_at_another(workers: Pair) -> None:
    here, there = workers.urls
    async with scripted_upstream(script, port=workers.upstream_port):
        async with tab(here, "/ws/call/") as call:
            started = await call.until("chat.call.started")
            await call.socket.send(tone(40))
            await call.until("chat.turn.saved", item_id="a1")
        path = f"/ws/call/?conversation={started['conversation']['id']}"
        async with tab(there, path) as call:
            again = await call.until("chat.call.started")
            assert [turn["text"] for turn in again["turns"]] == ["Hello.", "Hi."]


async def test_a_worker_closes_with_1013_when_the_upstream_is_away(workers: Pair) -> None:
    async with tab(workers.urls[0], "/ws/call/") as call:
        error = await call.until("chat.error")
        assert error["code"] == "upstream_unreachable"
        await asyncio.wait_for(call.socket.wait_closed(), 5)
        assert call.socket.close_code == 1013


class Talker:
    """An upstream that says all of an answer at once, as fast as it is read."""

    #: Far more than the system itself keeps for sockets on the way.
    SECONDS = 1200

    def __init__(self) -> None:
        self.said_s = 0
        self.is_done = False

    async def __call__(self, session: Session) -> None:
        await session.open()
        await session.expect("input_audio_buffer.append")
        await session.hear("Tell me everything.")
        await session.begin_answer("Everything.")
        for second in range(1, self.SECONDS):
            await session.sound(tone(1000))
            self.said_s = second
        self.is_done = True
        await session.end_answer("Everything.")
        await session.hold()

    async def waits(self) -> None:
        """Until it has said all, or is not read any more."""
        before = -1
        while not self.is_done and before != self.said_s:
            before = self.said_s
            await asyncio.sleep(1)


async def test_a_browser_that_reads_slowly_gets_a_long_answer_whole(workers: Pair) -> None:
    talker = Talker()
    async with (
        scripted_upstream(talker, port=workers.upstream_port),
        tab(workers.urls[0], "/ws/call/") as call,
    ):
        await call.until("chat.status", state="ready")
        await call.socket.send(tone(40))
        await talker.waits()
        assert not talker.is_done
        heard_bytes = 0
        async with asyncio.timeout(60):
            while heard_bytes < Talker.SECONDS * 48_000:
                frame = await call.socket.recv()
                heard_bytes += len(frame) if isinstance(frame, bytes) else 0
        assert heard_bytes == Talker.SECONDS * 48_000
        assert talker.is_done


async def test_staff_at_another_worker_watch_the_call_and_end_it(workers: Pair) -> None:
    here, there = workers.urls
    async with (
        scripted_upstream(script, port=workers.upstream_port),
        tab(here, "/ws/call/") as call,
    ):
        talk = (await call.until("chat.call.started"))["conversation"]["id"]
        async with tab(there, f"/ws/review/?conversation={talk}") as watching:
            assert (await watching.until("chat.watch.started"))["live"]
            await call.socket.send(tone(40))
            await watching.until("response.output_audio_transcript.delta", delta="Hi.")
            await asyncio.to_thread(end_as_staff, there, talk, "We repair the line now.")
            error = await call.until("chat.error", code="ended_by_staff")
            assert error["message"] == "We repair the line now."
            await watching.until("chat.call.ended", reason="ended_by_staff")
        await call.socket.wait_closed()
        assert call.socket.close_code == 4410


def end_as_staff(url: str, talk: str, message: str) -> None:
    """By the form of the admin."""
    page = f"{url}/admin/chatbot/conversation/{talk}/"
    headers = {"Cookie": sign_in(url, "admin", PASSWORD), "Referer": page}
    shown = Request(f"{page}change/", headers=headers)  # noqa: S310 - our own worker
    with OPENER.open(shown, timeout=15) as answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())
        headers["Cookie"] += f"; {answer.headers['Set-Cookie'].partition(';')[0]}"
    assert token
    form = urlencode({"csrfmiddlewaretoken": token[1], "message": message}).encode()
    sent = Request(f"{page}end-call/", form, headers)  # noqa: S310
    with OPENER.open(sent, timeout=15) as answer:
        assert answer.status == 200
