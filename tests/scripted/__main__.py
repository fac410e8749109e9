"""Serves a scripted upstream as a process:

python -m tests.scripted --port P [--behaviour NAME]
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AbstractAsyncContextManager, suppress

import uvloop

from tests.scripted.behaviours import BEHAVIOURS
from tests.scripted.metronome import metronome_upstream
from tests.scripted.server import scripted_upstream


async def serve(upstream: AbstractAsyncContextManager[object]) -> None:
    """Until cancelled."""
    async with upstream:
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--behaviour", choices=["metronome", *BEHAVIOURS], default="metronome", help="%(default)s"
    )
    options = parser.parse_args()
    if options.behaviour == "metronome":
        upstream: AbstractAsyncContextManager[object] = metronome_upstream(options.port)
    else:
        upstream = scripted_upstream(BEHAVIOURS[options.behaviour], port=options.port)
    with (
        suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(serve(upstream))


if __name__ == "__main__":
    main()
