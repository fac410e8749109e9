"""Serves a scripted upstream as a process, until Ctrl-C:

python -m tests.scripted --port P [--behaviour NAME]
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import sys
from contextlib import AbstractAsyncContextManager, suppress

import uvloop

from tests.scripted.behaviours import BEHAVIOURS
from tests.scripted.metronome import metronome_upstream
from tests.scripted.server import scripted_upstream

METRONOME = "metronome"
_ABOUT = """\
Serves a scripted Realtime upstream on 127.0.0.1, until Ctrl-C. Point a worker at it:

  python -m tests.scripted --port 9000 --behaviour answer
  REALTIME_URL=ws://127.0.0.1:9000/v1/realtime script/server
"""


def behaviours() -> str:
    """Each by name, with what it does."""
    lines = [f"  {METRONOME:14} An answer without end, in real time: for benchmarks."]
    for name, script in BEHAVIOURS.items():
        first = (inspect.getdoc(script) or "").partition("\n\n")[0]
        lines.append(f"  {name:14} {' '.join(first.split())}")
    return "behaviours:\n" + "\n".join(lines)


async def serve(upstream: AbstractAsyncContextManager[object], port: int) -> None:
    """Until cancelled."""
    async with upstream:
        print(f"Listening at ws://127.0.0.1:{port}/v1/realtime", flush=True)  # noqa: T201
        await asyncio.Event().wait()


def port_of(text: str) -> int:
    """A port that can be listened on."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.scripted",
        description=_ABOUT,
        epilog=behaviours(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=port_of, required=True, help="of 127.0.0.1, 1 to 65535")
    parser.add_argument(
        "--behaviour",
        choices=[METRONOME, *BEHAVIOURS],
        default=METRONOME,
        metavar="NAME",
        help="what it does, one of those below (default: %(default)s)",
    )
    options = parser.parse_args()
    if options.behaviour == METRONOME:
        upstream: AbstractAsyncContextManager[object] = metronome_upstream(options.port)
    else:
        upstream = scripted_upstream(BEHAVIOURS[options.behaviour], port=options.port)
    try:
        with (
            suppress(KeyboardInterrupt),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(serve(upstream, options.port))
    except OSError as error:
        print(f"127.0.0.1:{options.port} can't be listened on: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
