"""Daphne sends a download as it is read, and breaks off one that fails."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.downloading import PART, PARTS
from tests.services import Process, free_port, wait_until


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a daphne that serves `tests.downloading`."""
    port = free_port()
    app = ["-m", "daphne", "-p", str(port), "tests.downloading:application"]
    with Process([sys.executable, *app], tmp_path / "log"):
        wait_until(lambda: is_there(port))
        yield port


def is_there(port: int) -> bool:
    try:
        return body(port, "/") == b""
    except OSError:
        return False


def body(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def sent(port: int) -> list[int]:
    counts: list[int] = json.loads(body(port, "/sent"))
    return counts


def test_what_is_not_read_is_not_made(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
        slow.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        wait_until(lambda: sent(port))
        assert len(body(port, "/long")) == PARTS * len(PART)
        first, second = sent(port)
        assert second == PARTS
        assert first < PARTS / 2
        rest = 0
        while chunk := slow.recv(1 << 20):
            rest += len(chunk)
        assert rest >= PARTS * len(PART)


def test_what_fails_in_its_middle_is_seen_to_be_cut(port: int) -> None:
    for _time in range(2):
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            body(port, "/broken")
    assert body(port, "/") == b""


def test_who_goes_away_ends_the_download(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as gone:
        gone.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert gone.recv(1000)
    wait_until(lambda: sent(port) == [PARTS])
