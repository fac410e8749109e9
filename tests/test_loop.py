"""Which event loop a worker runs on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from script.install import ROOT

LOOP = "from twisted.internet import reactor; print(type(reactor._asyncioEventloop).__module__)"


def loop_of(*modules: str) -> str:
    """Where the event loop's class is from, in a process that imports these."""
    code = f"import {', '.join(modules)}; {LOOP}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop")
def test_daphne_runs_the_application_on_uvloop() -> None:
    assert loop_of("daphne.server") == "asyncio.unix_events"
    assert loop_of("daphne.server", "project.asgi") == "uvloop"
