"""Workers by hand, as an operator would start them: daphne, a Redis, a database of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from script.install import ROOT
from tests.services import Process, free_port, fresh_database, wait_for_http

PASSWORD = "long-enough-for-a-test"


@dataclass
class Workers:
    """Their addresses and their environment, with which commands can be run beside them."""

    urls: list[str]
    env: dict[str, str]
    processes: list[Process] = field(default_factory=list)

    def command(self, *words: str) -> str:
        """What a command of `manage.py` prints."""
        line = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            line, cwd=ROOT, env=self.env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


@contextmanager
def running_workers(folder: Path, redis_url: str, upstreams: list[str]) -> Iterator[Workers]:
    """One worker for each upstream's address, all on one database; `admin` can sign in."""
    with ExitStack() as stack:
        database = stack.enter_context(fresh_database(os.environ["DATABASE_URL"]))
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "VAR_DIR": str(folder),
            "DATABASE_URL": database,
            "REDIS_URL": redis_url,
            "ADMIN_PASSWORD": PASSWORD,
        }
        workers = Workers([], env)
        workers.command("prepare")
        for upstream in upstreams:
            port = free_port()
            daphne = [sys.executable, "-m", "daphne", "-p", str(port), "project.asgi:application"]
            log = folder / f"{port}.log"
            process = Process(daphne, log, {**env, "REALTIME_URL": upstream})
            workers.processes.append(stack.enter_context(process))
            workers.urls.append(f"http://127.0.0.1:{port}")
        for url in workers.urls:
            wait_for_http(f"{url}/healthz")
        yield workers
