"""What a benchmark of calls stands on: a worker on one core, the rest of the world on the other."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from chatbot.caller import sign_in
from script.install import ROOT
from tests.services import (
    Process,
    free_port,
    fresh_database,
    start_postgres,
    wait_for_http,
    wait_until,
)

WORKER_CORE = 0
WORLD_CORE = 1
PASSWORD = "long-enough-for-a-benchmark"  # noqa: S105 - of an account that lives as long as the run

AGREE = (
    "from chatbot import store; from chatbot.models import User; "
    "store.agree_to_recording(User.objects.get(username='admin'), True)"
)

#: As script/server starts a worker, and the same application on another server.
SERVERS: dict[str, Sequence[str]] = {
    "daphne": (
        *("daphne", "--no-server-name", "--websocket_timeout", "-1", "--ping-interval", "20"),
        *("--ping-timeout", "30", "--port"),
    ),
    "uvicorn": (
        *("uvicorn", "--loop", "uvloop", "--ws", "websockets-sansio", "--log-level", "warning"),
        *("--ws-per-message-deflate", "false", "--port"),
    ),
}


@dataclass
class Rig:
    """The running parts. `url` is the site's; `upstream` is us when there is none."""

    url: str
    upstream_url: str
    database: str
    cookie: str
    worker: psutil.Process
    upstream: psutil.Process

    @property
    def call_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws/call/"


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started meanwhile runs on this core alone, if the system can do that."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of an empty database: `sqlite`, or `postgresql` of our own."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="colloquy-bench-") as folder:
            yield f"sqlite:///{folder}/bench.sqlite3"
    else:
        with on_core(WORLD_CORE):
            url = os.environ.get("DATABASE_URL") or start_postgres()
        os.environ["DATABASE_URL"] = url
        with fresh_database(url) as fresh:
            yield fresh


@contextmanager
def rig(
    server: str, database_url: str, *, upstream: bool = True, recorded: bool = False
) -> Iterator[Rig]:
    """A worker, signed in to, and the metronome for its upstream, or nobody there yet. Its calls
    are `recorded`, or not."""
    port, upstream_port = free_port(), free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="colloquy-bench-")))
        env = {
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "VAR_DIR": str(folder),
            "DATABASE_URL": database_url,
            "ADMIN_PASSWORD": PASSWORD,
            "MAX_CALLS_PER_USER": "100000",
            "REALTIME_URL": f"ws://127.0.0.1:{upstream_port}/v1/realtime",
        }
        prepare = [sys.executable, "manage.py", "prepare"]
        whole_env = {**os.environ, **env}
        subprocess.run(prepare, cwd=ROOT, env=whole_env, check=True, capture_output=True)
        if recorded:
            env["RECORDINGS"] = "true"
            agree = [sys.executable, "manage.py", "shell", "-c", AGREE]
            subprocess.run(agree, cwd=ROOT, env=whole_env, check=True, capture_output=True)
        process = psutil.Process()
        if upstream:
            with on_core(WORLD_CORE):
                line = [sys.executable, "-m", "tests.scripted", "--port", str(upstream_port)]
                started = stack.enter_context(Process(line, folder / "upstream.log", env))
            process = psutil.Process(started.pid)
            wait_until(lambda: listens(upstream_port))
        with on_core(WORKER_CORE):
            serve = [sys.executable, "-m", *SERVERS[server], str(port)]
            serve += ["project.asgi:application"]
            worker = stack.enter_context(Process(serve, folder / "worker.log", env))
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for_http(f"{url}/healthz")
        except TimeoutError:
            print(worker.output(), file=sys.stderr)
            raise
        yield Rig(
            url,
            f"ws://127.0.0.1:{upstream_port}/v1/realtime?model=m",
            database_url,
            sign_in(url, "admin", PASSWORD),
            psutil.Process(worker.pid),
            process,
        )


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    listening = psutil.net_connections("tcp4")
    return any(
        c.laddr.port == port and c.status == psutil.CONN_LISTEN for c in listening if c.laddr
    )


def cpu_s(process: psutil.Process) -> float:
    """What it has used, in user and in system, since it began."""
    times = process.cpu_times()
    return float(times.user + times.system)
