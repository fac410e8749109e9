"""Runs a plan under supervisor, tells the terminal how it goes, and ends it all."""

from __future__ import annotations

import contextlib
import ctypes
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xmlrpc.client
from typing import Any, Self

from supervisor.xmlrpc import SupervisorTransport

from script.install import ROOT, ScriptError
from script.plan import Plan

START_SECONDS = 60
STOP_SECONDS = 15
PR_SET_PDEATHSIG = 1
# An http_proxy of the machine is not for our own processes.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Supervisor:
    """The supervisor process; leaving its context ends it and everything it runs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.started = time.monotonic()
        self.pids: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.plan.config.write_text(self.plan.render())
        self.process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(self.plan.config)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            # Ctrl-C is for this process, which then ends the supervisor in order.
            start_new_session=True,
            pass_fds=[] if self.plan.engine_fd is None else [self.plan.engine_fd],
            preexec_fn=die_with_parent,
        )
        return self

    def __exit__(self, *exception: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.plan.clean()

    def programs(self) -> list[dict[str, Any]]:
        """Name, state, pid of each process, as supervisor sees them; empty when it is gone."""
        transport = SupervisorTransport(None, None, f"unix://{self.plan.control}")
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
        try:
            found: Any = proxy.supervisor.getAllProcessInfo()
        except (OSError, xmlrpc.client.Error):
            return []
        finally:
            transport.close()
        return list(found)

    def pid_of(self, name: str) -> int | None:
        """The process that runs under this name now."""
        return next((found["pid"] for found in self.programs() if found["name"] == name), None)

    def wait_for_workers(self) -> None:
        """Return when pages are served; a worker that can't start is an error at once."""
        while not self.serving():
            for program in self.programs():
                if program["group"] == "worker" and program["statename"] in ("BACKOFF", "FATAL"):
                    raise ScriptError(f"A worker can't start.\n{self.end_of_log(program['name'])}")
            self.check(time.monotonic() - self.started < START_SECONDS)
            time.sleep(0.1)

    def serving(self) -> bool:
        try:
            # The system takes 0.0.0.0 for this machine.
            get(f"http://{self.plan.host}:{self.plan.port}/healthz")
        except urllib.error.HTTPError:
            return True  # it answers; that ALLOWED_HOSTS may not name this address is no matter
        except OSError:
            return False
        return True

    def watch(self) -> None:
        """Tell when the engine is ready and when something was restarted; ends by a signal."""
        if self.plan.engine:
            self.wait_for_engine()
        while True:
            self.check(self.process.poll() is None)
            for program in self.programs():
                name, pid = program["name"], program["pid"]
                if pid and self.pids.setdefault(name, pid) != pid:
                    self.pids[name] = pid
                    log = self.plan.logs / f"{name}.log"
                    print(f"{name} had stopped and was restarted; see {log}", flush=True)
            time.sleep(1)

    def wait_for_engine(self) -> None:
        print("Voice engine: loading... ", end="", flush=True)
        while True:
            self.check(self.process.poll() is None)
            with contextlib.suppress(OSError, ValueError):
                health = get(f"http://127.0.0.1:{self.plan.engine_port}/healthz")
                is_ours = health.get("pid") == self.pid_of("engine")
                if is_ours and health["status"] == "ready":
                    seconds = time.monotonic() - self.started
                    print(f"ready in {seconds:.1f} s", flush=True)
                    return
                if is_ours and health["status"] == "broken":
                    print(f"broken: {health.get('message', '')}", flush=True)
                    return
            time.sleep(0.2)

    def check(self, well: bool) -> None:
        if not well or self.process.poll() is not None:
            raise ScriptError(f"The server stopped.\n{self.end_of_log('supervisord')}")

    def end_of_log(self, name: str) -> str:
        path = self.plan.logs / f"{name}.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "\n".join([*lines[-12:], f"(from {path})"])


def get(address: str) -> dict[str, Any]:
    """The JSON that our own process answers; `HTTPError` with 503 is an answer too."""
    try:
        with OPENER.open(address, timeout=2) as response:
            found: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        found = json.load(error)
    return found


def die_with_parent() -> None:
    """In the supervisor: end when `script/server` is killed and can't say so (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
