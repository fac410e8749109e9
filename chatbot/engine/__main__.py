"""`python -m chatbot.engine`: the offline voice engine."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys

from chatbot.engine.server import run


def main() -> int:
    """Read the flags, serve, and end."""
    parser = argparse.ArgumentParser(prog="python -m chatbot.engine", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--fd", type=int, help="listening socket to inherit, in place of a port")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s"
    )
    # Every model comes from a package; a library that asks a hub for another is to fail at once.
    os.environ["HF_HUB_OFFLINE"] = "1"
    # OpenMP's threads would spin after each recognition, and the cores are wanted elsewhere.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    try:
        asyncio.run(run(options.host, options.port, options.threads, options.fd))
    except OSError as error:
        sys.stderr.write(f"The voice engine cannot listen: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stderr.flush()
    # A model in the middle of its work cannot be interrupted, and Python would wait for it.
    os._exit(status)
