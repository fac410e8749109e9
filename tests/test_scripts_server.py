"""script/server for real: from the command line to pages, and to nothing left behind."""

import contextlib
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from script.install import ROOT
from tests.services import Process, free_port, fresh_database, status, wait_until

pytestmark = [pytest.mark.xdist_group("script/server"), pytest.mark.timeout(400)]

NOBODY = {"REALTIME_URL": "ws://127.0.0.1:9/v1/realtime"}
READY = "Ctrl-C stops it."


@contextlib.contextmanager
def serving(var: Path, *words: str, env: dict[str, str] | None = None) -> Iterator[Process]:
    """A `script/server` that says it is ready, on its own SQLite file."""
    variables = {"VAR_DIR": str(var), "DATABASE_URL": "", "SECRET_KEY": "", "REDIS_URL": ""}
    command = [str(ROOT / "script" / "server"), *words]
    process = Process(command, var.parent / "server.log", {**variables, **(env or NOBODY)})
    with process:
        wait_until(lambda: READY in process.output() or process.popen.poll() is not None, 180)
        assert READY in process.output(), process.output()
        yield process


def named(process: Process, part: str) -> list[psutil.Process]:
    """The processes below this one whose command line holds `part`."""
    children = psutil.Process(process.pid).children(recursive=True)
    found = []
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            if part in " ".join(child.cmdline()):
                found.append(child)
    return found


def refusal(*words: str, **variables: str) -> list[str]:
    """What `script/server` says on standard error when it does not start."""
    env = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [ROOT / "script" / "server", *words],
        check=False,
        capture_output=True,
        text=True,
        env={**env, **variables},
        timeout=60,
    )
    assert done.returncode != 0
    return done.stderr.splitlines()


def sign_in(address: str, username: str, password: str) -> httpx.Response:
    with httpx.Client(base_url=address, trust_env=False) as client:
        client.get("/accounts/login/")
        form = {"login": username, "password": password}
        form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
        return client.post("/accounts/login/", data=form)


def test_the_first_start_shows_how_to_sign_in_and_the_second_where_it_is_kept(
    tmp_path: Path,
) -> None:
    port, var = free_port(), tmp_path / "var"
    address = f"http://127.0.0.1:{port}"
    with serving(var, "--port", str(port)) as server:
        assert f"Colloquy is at {address}/" in server.output()
        found = re.search(r"Sign in as admin with the password (\S+)", server.output())
        assert found
        assert (var / "admin_password").read_text().strip() == found[1]
        answer = sign_in(address, "admin", found[1])
        assert (answer.status_code, answer.headers["location"]) == (302, "/")
        page = httpx.get(f"{address}/accounts/login/", trust_env=False)
        style = re.search(r'href="(/static/chatbot/css/base\.[0-9a-f]+\.css)"', page.text)
        assert style
        assert (
            "immutable" in httpx.get(address + style[1], trust_env=False).headers["cache-control"]
        )
        family = psutil.Process(server.pid).children(recursive=True)
        assert server.stop() == 0
    assert not [process for process in family if process.is_running()]
    assert not list((var / "run").iterdir())
    with serving(var, "--port", str(port)) as server:
        assert found[1] not in server.output()
        assert f"its first password is in {var / 'admin_password'}" in server.output()


def test_three_workers_share_one_address_and_a_private_redis(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path / "var", "--port", str(port), "--workers", "3") as server:
        workers = named(server, "project.asgi:application")
        assert len(workers) == 3
        assert len(named(server, "redis-server")) == 1
        listening = [found.laddr.port for found in workers[0].net_connections() if not found.raddr]
        assert port in listening
        assert status(f"http://127.0.0.1:{port}/readyz") == 200
        workers[0].kill()
        wait_until(lambda: "had stopped and was restarted" in server.output())
        assert len(named(server, "project.asgi:application")) == 3
        family = psutil.Process(server.pid).children(recursive=True)
        assert server.stop() == 0
    assert not [process for process in family if process.is_running()]


def test_the_operators_own_database_and_redis_are_used(tmp_path: Path, redis_url: str) -> None:
    port = free_port()
    with fresh_database(os.environ["DATABASE_URL"]) as database:
        own = {**NOBODY, "DATABASE_URL": database, "REDIS_URL": redis_url}
        words = ("--port", str(port), "--workers", "2")
        with serving(tmp_path / "var", *words, env=own) as server:
            assert status(f"http://127.0.0.1:{port}/readyz") == 200
            assert named(server, "redis-server") == []
            assert not list((tmp_path / "var").glob("*.sqlite3"))


def test_even_when_it_is_killed_nothing_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path / "var", "--port", str(free_port())) as server:
        family = psutil.Process(server.pid).children(recursive=True)
        server.popen.kill()
        wait_until(lambda: not any(process.is_running() for process in family))


def test_the_engine_is_watched_and_finds_a_port(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # taken is just what it shall be
            taken = stack.enter_context(socket.create_server(("127.0.0.1", 8765)))
            assert taken
        port = str(free_port())
        server = stack.enter_context(
            serving(tmp_path / "var", "--port", port, env={"REALTIME_URL": ""})
        )
        wait_until(lambda: re.search(r"Voice engine: loading\.\.\. ready in", server.output()), 90)
        (engine,) = named(server, "chatbot.engine")
        assert engine_port(server) != 8765
        engine.kill()
        wait_until(lambda: "engine had stopped and was restarted" in server.output())


def engine_port(server: Process) -> int:
    """Where the workers of this site look for the engine."""
    (worker,) = named(server, "project.asgi:application")
    return int(urlsplit(worker.environ()["REALTIME_URL"]).port or 0)


def wait_for_engine(server: Process) -> None:
    wait_until(lambda: "Voice engine: loading... ready in" in server.output(), 120)


def answers(server: Process) -> int:
    """Which process answers at the port to which this site's calls go."""
    address = f"http://127.0.0.1:{engine_port(server)}/healthz"
    return int(httpx.get(address, trust_env=False, timeout=60).json()["pid"])


def test_two_sites_that_start_at_once_talk_to_their_own_engines(tmp_path: Path) -> None:
    servers: list[Process] = []

    def start(name: str) -> None:
        (tmp_path / name).mkdir()
        words = ("--port", str(free_port()))
        servers.append(
            stack.enter_context(serving(tmp_path / name / "var", *words, env={"REALTIME_URL": ""}))
        )

    with contextlib.ExitStack() as stack, ThreadPoolExecutor() as pool:
        list(pool.map(start, ["one", "two"]))
        for server in servers:
            wait_for_engine(server)
            (engine,) = named(server, "chatbot.engine")
            assert answers(server) == engine.pid
        assert engine_port(servers[0]) != engine_port(servers[1])


def test_an_engine_comes_back_where_it_was_though_others_want_its_port(tmp_path: Path) -> None:
    words = ("--port", str(free_port()))
    with serving(tmp_path / "var", *words, env={"REALTIME_URL": ""}) as server:
        port = engine_port(server)
        (first,) = named(server, "chatbot.engine")
        wait_for_engine(server)
        first.kill()

        def is_back() -> bool:
            with pytest.raises(OSError), socket.create_server(("127.0.0.1", port)):
                pass
            found = named(server, "chatbot.engine")
            return bool(found) and found[0].pid != first.pid

        wait_until(is_back, 60)
        (second,) = named(server, "chatbot.engine")
        assert (answers(server), engine_port(server)) == (second.pid, port)


def test_a_busy_port_gets_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        (line,) = refusal("--port", str(port))
    assert line.startswith(f"script/server: 127.0.0.1:{port} can't be listened on")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--port", "http"], "--port"),
        (["--port", "70000"], "--port must be from 1 to 65535, not 70000"),
        (["--workers", "0"], "--workers must be from 1 to 64, not 0"),
        (["--threads", "3"], "unrecognized arguments: --threads 3"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid:8000 can't be listened on"),
    ],
)
def test_bad_arguments_get_one_clear_line(words: list[str], expected: str) -> None:
    (line,) = refusal(*words)
    assert expected in line


def test_a_bad_setting_gets_one_clear_line(tmp_path: Path) -> None:
    (line,) = refusal("--port", str(free_port()), VAR_DIR=str(tmp_path), SIGNUP_OPEN="perhaps")
    assert line == "script/server: SIGNUP_OPEN must be true or false, not 'perhaps'."
