"""`script/server`: Colloquy on one machine, with everything that it needs, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from script.install import ROOT, ScriptError, install, redis_server
from script.listening import engine_socket

LOOPBACK = ("127.", "localhost")
ANY = "0.0.0.0"  # noqa: S104 - compared; whether to listen there is the operator's choice


class Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"script/server: {message} (script/server --help tells more)\n")


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    options = parse(sys.argv[1:])
    try:
        check_port(options.host, options.port)
        install("web")
        from project.env import SettingError  # installed just now

        try:
            serve(options)
        except SettingError as error:
            raise ScriptError(str(error)) from None
    except ScriptError as error:
        print(f"script/server: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


def leave(number: int, frame: object) -> NoReturn:
    """A signal unwinds the stack like Ctrl-C does, and so stops what was started."""
    raise KeyboardInterrupt


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Arguments(prog="script/server", description="Serve Colloquy until Ctrl-C.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", default=8000, type=int, help="port to listen on (%(default)s)")
    parser.add_argument("--workers", default=1, type=int, help="daphne processes (%(default)s)")
    options = parser.parse_args(words)
    if not 1 <= options.port <= 65535:
        parser.error(f"--port must be from 1 to 65535, not {options.port}")
    if not 1 <= options.workers <= 64:
        parser.error(f"--workers must be from 1 to 64, not {options.workers}")
    return options


def check_port(host: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise ScriptError(
            f"{host}:{port} can't be listened on: {error.strerror}. "
            "Choose another with --host and --port."
        ) from None


def serve(options: argparse.Namespace) -> None:
    """Prepare everything and run it, until a signal or a failure ends it."""
    from project import env
    from script.plan import Plan
    from script.supervision import Supervisor

    chosen = env.load()
    plan = Plan(chosen.var_dir, options.host, options.port, options.workers)
    variables = {"WORKERS": str(options.workers)}
    if env.wants_engine():
        install("engine")
        plan.engine = engine_socket()
        variables["REALTIME_URL"] = f"ws://127.0.0.1:{plan.engine_port}/v1/realtime"
    if options.workers > 1 and not chosen.redis_url:
        plan.redis_server = redis_server()
        variables["REDIS_URL"] = f"unix://{plan.redis_socket}"
    if chosen.allowed_hosts == list(env.LOOPBACK_HOSTS) and not options.host.startswith(LOOPBACK):
        variables["ALLOWED_HOSTS"] = ",".join([*env.LOOPBACK_HOSTS, *own_names(options.host)])
    os.environ.update(variables)
    sign_in = prepare() or known_sign_in(chosen.admin_password, plan.var / "admin_password")
    with Supervisor(plan) as supervisor:
        supervisor.wait_for_workers()
        scheme = "https" if chosen.https else "http"
        hosts = ["127.0.0.1", *own_names(options.host)] if options.host == ANY else [options.host]
        places = " and ".join(f"{scheme}://{host}:{options.port}/" for host in hosts)
        print(f"Colloquy is at {places}", flush=True)
        print(sign_in, flush=True)
        print("Ctrl-C stops it.", flush=True)
        supervisor.watch()


def prepare() -> str:
    """Database, static files and administrator; what to say about a new administrator."""
    command = [sys.executable, "manage.py", "prepare"]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise ScriptError("The database could not be prepared; the reason is above.")
    return done.stdout.strip()


def known_sign_in(chosen_password: str, kept: Path) -> str:
    if chosen_password:
        return "Sign in as admin with the ADMIN_PASSWORD you set."
    if kept.exists():
        return f"Sign in as admin; its first password is in {kept}."
    return "Sign in with an account you have made."


def own_names(host: str) -> list[str]:
    """What browsers may call a server that listens on this address, for `ALLOWED_HOSTS`."""
    if host != ANY:
        return [host]
    name = socket.gethostname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        try:
            # Sends nothing; it makes the system choose the address that others see.
            route.connect(("192.0.2.1", 9))
        except OSError:
            return [name]
        return [name, str(route.getsockname()[0])]


if __name__ == "__main__":
    sys.exit(main())
