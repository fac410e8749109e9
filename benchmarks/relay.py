"""What a worker costs: real-time calls against a scripted upstream, beside calls without us.

    python -m benchmarks.relay [--calls 20 50 100] [--seconds 10] [--repeat 1]
        [--server daphne|uvicorn] [--database postgresql|sqlite] [--recorded]
    python -m benchmarks.relay --until-p99 50

25 frames of 40 ms a second go up and as many come down in each call; every frame carries the time
of its sending. The worker has core 0 to itself; callers, upstream and database share core 1.
"Direct" is the same callers at the upstream itself, just before, and "added" the difference of
the percentiles. With `--until-p99`, 25 calls are added at a time until the 99th percentile of
either way passes so many milliseconds in two measurements on end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop

from benchmarks.callers import Caller, Crowd, DirectCaller, RelayedCaller, monotonic
from benchmarks.rig import SERVERS, WORLD_CORE, Rig, cpu_s, database, on_core, rig

SETTLE_S = 1.5
STEP_CALLS = 25
STEP_SECONDS = 4.0
MOST_CALLS = 600


@dataclass
class Figures:
    """One measurement. Times of the way in ms; `cpu_ms` and `memory_kib` are per call."""

    calls: int
    up_p50: float
    up_p99: float
    down_p50: float
    down_p99: float
    cpu_ms: float
    memory_kib: float
    worker_load: float
    world_load: float
    lost: float

    @property
    def worst_p99(self) -> float:
        return max(self.up_p99, self.down_p99)


def percentile(values: list[float], share: float) -> float:
    """By nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


async def measure(the: Rig, crowd: Crowd, seconds: float, empty_kib: float) -> Figures:
    """Let the calls talk for so long."""
    await asyncio.sleep(SETTLE_S)
    await up_latencies(the)
    crowd.heard.latencies_ms.clear()
    began, own = monotonic(), os.times()
    worker, upstream = cpu_s(the.worker), cpu_s(the.upstream)
    await asyncio.sleep(seconds)
    took, now = monotonic() - began, os.times()
    worker, upstream = cpu_s(the.worker) - worker, cpu_s(the.upstream) - upstream
    callers = now.user + now.system - own.user - own.system
    down, crowd.heard.latencies_ms = crowd.heard.latencies_ms, []
    up = await up_latencies(the)
    calls = len(crowd.callers)
    if crowd.heard.problems:
        raise RuntimeError(crowd.heard.problems[0])
    return Figures(
        calls,
        percentile(up, 0.5),
        percentile(up, 0.99),
        percentile(down, 0.5),
        percentile(down, 0.99),
        1000 * worker / (calls * took),
        (memory_kib(the) - empty_kib) / calls,
        worker / took,
        (callers + upstream) / took,
        1 - (len(up) + len(down)) / (2 * calls * took * 25),
    )


async def up_latencies(the: Rig) -> list[float]:
    """What the upstream has measured since it was last asked."""
    parts = urlsplit(the.upstream_url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"GET /latencies HTTP/1.1\r\n\r\n")
    body = (await reader.read()).partition(b"\r\n\r\n")[2]
    writer.close()
    found: list[float] = json.loads(body)["latencies_ms"]
    return found


def memory_kib(the: Rig) -> float:
    """What only the worker has in memory."""
    return float(the.worker.memory_full_info().uss) / 1024


async def run(the: Rig, kind: type[Caller], calls: int, seconds: float) -> Figures:
    """A crowd from its first call to its last."""
    url = the.call_url if kind is RelayedCaller else the.upstream_url
    crowd = Crowd(kind, url, the.cookie)
    empty_kib = memory_kib(the)
    try:
        await crowd.grow(calls)
        return await measure(the, crowd, seconds, empty_kib)
    finally:
        await crowd.end()


async def compare(the: Rig, calls: int, seconds: float) -> tuple[Figures, Figures]:
    """The same calls without us and through us."""
    warm = Crowd(RelayedCaller, the.call_url, the.cookie)
    await warm.grow(5)
    await warm.end()
    direct = await run(the, DirectCaller, calls, seconds)
    return direct, await run(the, RelayedCaller, calls, seconds)


async def climb(the: Rig, limit_ms: float) -> int:
    """How many calls the worker carries until p99 passes the limit."""
    crowd = Crowd(RelayedCaller, the.call_url, the.cookie)
    carried = 0
    try:
        for calls in range(2 * STEP_CALLS, MOST_CALLS + 1, STEP_CALLS):
            await crowd.grow(calls)
            for _ in range(2):
                figures = await measure(the, crowd, STEP_SECONDS, 0)
                print(row(figures), flush=True)
                if figures.worst_p99 <= limit_ms:
                    carried = calls
                    break
            else:
                break
    finally:
        await crowd.end()
    return carried


def row(f: Figures) -> str:
    return (
        f"{f.calls:5} calls  up {f.up_p50:6.2f} / {f.up_p99:7.2f}  "
        f"down {f.down_p50:6.2f} / {f.down_p99:7.2f} ms  cpu {f.cpu_ms:5.2f} ms/call-s  "
        f"memory {f.memory_kib:5.0f} KiB/call  worker {f.worker_load:4.0%}  "
        f"world {f.world_load:4.0%}  lost {f.lost:5.1%}"
    )


def median(figures: list[Figures]) -> Figures:
    """Field by field."""
    return Figures(
        *(statistics.median(vars(one)[name] for one in figures) for name in vars(figures[0]))
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", choices=SERVERS, default="daphne")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--calls", type=int, nargs="+", default=[20, 50, 100])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--repeat", type=int, default=1, help="take the median of so many runs")
    parser.add_argument("--until-p99", type=float, metavar="MS")
    parser.add_argument("--recorded", action="store_true", help="keep the sound of the calls")
    options = parser.parse_args()
    with (
        database(options.database) as url,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        if options.until_p99:
            with (
                rig(options.server, url, recorded=options.recorded) as the,
                on_core(WORLD_CORE),
            ):
                carried = runner.run(climb(the, options.until_p99))
            print(f"{carried} calls on one core until p99 passes {options.until_p99:g} ms")
            return
        for calls in options.calls:
            both = []
            for _ in range(options.repeat):
                with (
                    rig(options.server, url, recorded=options.recorded) as the,
                    on_core(WORLD_CORE),
                ):
                    both.append(runner.run(compare(the, calls, options.seconds)))
            direct, relayed = (median([pair[side] for pair in both]) for side in (0, 1))
            print(f"direct   {row(direct)}\nrelayed  {row(relayed)}")
            print(
                f"added    p50 up {relayed.up_p50 - direct.up_p50:.2f}, "
                f"down {relayed.down_p50 - direct.down_p50:.2f}; "
                f"p99 up {relayed.up_p99 - direct.up_p99:.2f}, "
                f"down {relayed.down_p99 - direct.down_p99:.2f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
