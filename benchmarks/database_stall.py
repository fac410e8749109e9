"""The worst delay of an audio frame while another call of the worker waits for the database.

    python -m benchmarks.database_stall [--calls 20] [--stalls 10]

The calls talk in real time. A lock on the table of conversations is held for 0.5 s while one more
call is opened, which has to wait for it; again and again. Before that as long without any lock.
"""

from __future__ import annotations

import argparse
import asyncio

import psycopg
import uvloop

from benchmarks.callers import Crowd, RelayedCaller
from benchmarks.relay import percentile, up_latencies
from benchmarks.rig import WORLD_CORE, Rig, database, on_core, rig

STALL_S = 0.5
SETTLE_S = 1.5


async def opened_under_lock(the: Rig, connection: psycopg.AsyncConnection) -> None:
    """One call that cannot open for as long as the lock is held."""
    crowd = Crowd(RelayedCaller, the.call_url, the.cookie)
    await connection.execute("LOCK TABLE chatbot_conversation IN ACCESS EXCLUSIVE MODE")
    opening = asyncio.create_task(crowd.grow(1), name="opening")
    await asyncio.sleep(STALL_S)
    if opening.done():
        raise RuntimeError("the call did not wait for the database")
    await connection.rollback()
    await opening
    await crowd.end()


async def opened_freely(the: Rig, connection: psycopg.AsyncConnection) -> None:
    """The same without the lock."""
    crowd = Crowd(RelayedCaller, the.call_url, the.cookie)
    await crowd.grow(1)
    await asyncio.sleep(STALL_S)
    await crowd.end()


async def compare(the: Rig, calls: int, stalls: int) -> None:
    crowd = Crowd(RelayedCaller, the.call_url, the.cookie)
    await crowd.grow(calls)
    connection = await psycopg.AsyncConnection.connect(the.database)
    for name, disturb in (("free", opened_freely), ("locked", opened_under_lock)):
        await asyncio.sleep(SETTLE_S)
        await up_latencies(the)
        crowd.heard.latencies_ms.clear()
        for _ in range(stalls):
            await disturb(the, connection)
        down, crowd.heard.latencies_ms = crowd.heard.latencies_ms, []
        up = await up_latencies(the)
        print(
            f"{name:7} up p50 {percentile(up, 0.5):.2f}, p99 {percentile(up, 0.99):.2f}, "
            f"worst {max(up):.2f} ms; down p50 {percentile(down, 0.5):.2f}, "
            f"p99 {percentile(down, 0.99):.2f}, worst {max(down):.2f} ms; {len(up)} frames",
            flush=True,
        )
    await connection.close()
    await crowd.end()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--stalls", type=int, default=10)
    options = parser.parse_args()
    new_loop = uvloop.new_event_loop
    with (
        database("postgresql") as url,
        rig("daphne", url) as the,
        on_core(WORLD_CORE),
        asyncio.Runner(loop_factory=new_loop) as runner,
    ):
        runner.run(compare(the, options.calls, options.stalls))


if __name__ == "__main__":
    main()
