"""How long a newcomer waits: a fresh clone to a site that talks, and the second start.

    .venv/bin/python benchmarks/startup.py

Clones this checkout's HEAD into a temporary folder and runs its `script/server` twice, on a free
port, with no key. Ready means that pages are served and the voice engine has loaded.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 900


def start(clone: Path) -> tuple[float, float]:
    """Seconds until pages are served, and until the engine is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI", "REALTIME"))}
    begun = time.monotonic()
    server = subprocess.Popen(
        [clone / "script" / "server", "--port", str(port)],
        cwd=clone,
        env=inherited,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    pages = ready = 0.0
    try:
        for line in server.stdout or ():
            pages = pages or (time.monotonic() - begun if "Colloquy is at" in line else 0.0)
            if re.search(r"ready in", line):
                ready = time.monotonic() - begun
                break
            if time.monotonic() - begun > LIMIT_S:
                break
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    return pages, ready


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="colloquy-startup-") as folder:
        clone = Path(folder) / "colloquy"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for name in ("fresh clone", "second start"):
            pages, ready = start(clone)
            print(f"{name}: pages after {pages:.1f} s, ready to talk after {ready:.1f} s")


if __name__ == "__main__":
    main()
