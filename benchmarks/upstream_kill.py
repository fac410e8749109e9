"""Upstreams killed in mid-sentence: how fast a call goes on, and whether a turn is lost.

    python -m benchmarks.upstream_kill [--kills 200] [--calls 40] [--calm 10.5]

In each call the scripted upstream hears a question and begins to answer, word by word; at a random
moment its connection is aborted. A session that was calm for ten seconds before is made anew at
once; with less `--calm` the attempts back off. "Resumed" is the time until the caller is told that
the new session is ready. At the end every turn whose words a caller has been shown must be a row,
once, in order.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import time
from typing import Any
from urllib.parse import urlsplit

import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.relay import percentile
from benchmarks.rig import WORLD_CORE, Rig, database, on_core, rig
from chatbot.realtime.audio import to_base64
from tests.scripted import Session, scripted_upstream, tone

WORDS = ("Once", "there", "was", "a", "lighthouse", "by", "the", "sea", "and", "a", "boat")
WORD_S = 0.02
FRAME_S = 0.04
WORDS_SHOWN = {
    "conversation.item.input_audio_transcription.completed",
    "response.output_audio_transcript.delta",
}
#: A question and its answer take 0.26 s; some kills come after them.
LATEST_KILL_S = 0.3
RESUME_LIMIT_S = 40.0


class Assassin:
    """The upstream: answers, and aborts its connections while it does."""

    def __init__(self, seed: int, calm_s: float) -> None:
        self._random = random.Random(seed)
        self._calm_s = calm_s
        self._numbers = itertools.count()
        self.killed_at: dict[str, float] = {}

    async def script(self, session: Session) -> None:
        await session.open()
        await session.expect("input_audio_buffer.append")
        replayed = [e["item"]["id"] for e in session.received if "item" in e]
        await asyncio.sleep(self._calm_s * (1 + self._random.random() / 10))
        number = next(self._numbers)
        delay = self._random.uniform(0, LATEST_KILL_S)
        asyncio.get_running_loop().call_later(delay, self._kill, session, f"u{number}")
        await self._exchange(session, number, replayed[-1] if replayed else None)
        await session.hold()

    def _kill(self, session: Session, item_id: str) -> None:
        self.killed_at[item_id] = time.monotonic()
        session.drop()

    async def _exchange(self, session: Session, number: int, previous: str | None) -> None:
        """A question, and an answer word by word."""
        user, answer, response = f"u{number}", f"a{number}", f"r{number}"
        place = {"item_id": answer, "output_index": 0, "content_index": 0, "response_id": response}
        await session.hear(f"Question {number}.", user, previous)
        await session.begin_answer("", answer, user, response)
        for word in WORDS:
            await asyncio.sleep(WORD_S)
            await session.emit(
                {"type": "response.output_audio_transcript.delta", "delta": f"{word} ", **place},
                {"type": "response.output_audio.delta", "delta": to_base64(tone(200)), **place},
            )
        await session.end_answer(" ".join(WORDS), answer, user, response)


class Caller:
    """A page: talks all the time; remembers what it was shown, and when it could go on."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.shown: dict[str, None] = {}
        self.conversation = ""
        self.resumed_at: list[float] = []
        self.problems: list[str] = []

    async def talk(self) -> None:
        while True:
            await self._socket.send(tone(40))
            await asyncio.sleep(FRAME_S)

    async def listen(self) -> None:
        """Until the socket closes."""
        async for frame in self._socket:
            event: dict[str, Any] = json.loads(frame) if isinstance(frame, str) else {}
            kind = event.get("type")
            if kind == "chat.call.started":
                self.conversation = event["conversation"]["id"]
            elif kind in WORDS_SHOWN and (event.get("delta") or event.get("transcript")):
                self.shown.setdefault(event["item_id"])
            elif kind == "chat.status" and event["state"] == "ready":
                self.resumed_at.append(time.monotonic())
            elif kind == "chat.error":
                self.problems.append(event["code"])


async def call(the: Rig, kills: int) -> Caller:
    """One call that outlives so many kills."""
    headers = {"Cookie": the.cookie}
    origin: Any = the.url
    async with connect(
        the.call_url, additional_headers=headers, origin=origin, proxy=None
    ) as socket:
        caller = Caller(socket)
        talking = asyncio.create_task(caller.talk(), name="talk")
        listening = asyncio.create_task(caller.listen(), name="listen")
        while len(caller.resumed_at) <= kills and not listening.done():
            before = len(caller.resumed_at)
            until = time.monotonic() + RESUME_LIMIT_S
            while len(caller.resumed_at) == before and not listening.done():
                await asyncio.sleep(0.01)
                if time.monotonic() > until:
                    raise RuntimeError(f"not resumed: {caller.problems}")
        talking.cancel()
        try:
            await socket.send(json.dumps({"type": "chat.hangup"}))
            await listening
        except ConnectionClosed:
            pass
        return caller


async def rows_of(the: Rig, conversation: str) -> list[tuple[str, str, str]]:
    """Item, status and text of every turn, in order."""
    async with await psycopg.AsyncConnection.connect(the.database) as connection:
        cursor = await connection.execute(
            "SELECT item_id, status, text FROM chatbot_turn "
            "WHERE conversation_id = %s ORDER BY position",
            [conversation],
        )
        return await cursor.fetchall()


async def kill(the: Rig, port: int, calls: int, kills: int, calm_s: float) -> None:
    assassin = Assassin(1, calm_s)
    async with scripted_upstream(assassin.script, port=port):
        callers = await asyncio.gather(*(call(the, kills // calls) for _ in range(calls)))
    times = sorted(assassin.killed_at.values())
    resumed = [
        next(at for at in caller.resumed_at if at > killed) - killed
        for caller in callers
        for item, killed in assassin.killed_at.items()
        if item in caller.shown and any(at > killed for at in caller.resumed_at)
    ]
    lost = doubled = swapped = cut = turns = 0
    for caller in callers:
        rows = await rows_of(the, caller.conversation)
        ids = [item for item, _, _ in rows]
        turns += len(ids)
        lost += len(set(caller.shown) - set(ids))
        doubled += len(ids) - len(set(ids))
        swapped += [i for i in ids if i in caller.shown] != list(caller.shown)
        cut += sum(status == "interrupted" for _, status, _ in rows)
    print(
        f"{len(times)} kills in {calls} calls: resumed after median "
        f"{1000 * percentile(resumed, 0.5):.0f} ms, p99 {1000 * percentile(resumed, 0.99):.0f} ms, "
        f"worst {1000 * max(resumed):.0f} ms"
    )
    print(
        f"{turns} turns: {lost} lost, {doubled} doubled, {swapped} calls out of order, "
        f"{cut} answers cut; problems: {sorted({p for c in callers for p in c.problems})}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--calm", type=float, default=10.5, metavar="SECONDS")
    options = parser.parse_args()
    with (
        database("postgresql") as url,
        rig("daphne", url, upstream=False) as the,
        on_core(WORLD_CORE),
    ):
        port = urlsplit(the.upstream_url).port or 0
        asyncio.run(kill(the, port, options.calls, options.kills, options.calm))


if __name__ == "__main__":
    main()
