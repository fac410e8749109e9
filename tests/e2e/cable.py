"""A network cable between browser and site that can be cut, mended and stalled."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 65_536
SOCKET = b"GET /ws/"


class Cable:
    """Carries TCP connections from a port of its own to the site's; cut, it breaks those that
    there are and refuses new ones."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_whole = True
        self._flows = threading.Event()
        self._flows.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the site is, by this cable."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        with self._lock:
            self._is_whole = False
            ends, self._ends = self._ends, set()
        for end in ends:
            _close(end)

    def mend(self) -> None:
        with self._lock:
            self._is_whole = True

    def stall(self) -> None:
        """Nothing comes through on WebSockets any more, and nobody is told."""
        self._flows.clear()

    def flow(self) -> None:
        """What was held back comes through, and all that follows."""
        self._flows.set()

    def unplug(self) -> None:
        self.cut()
        self.flow()
        _close(self._listener)

    def _accept(self) -> None:
        with suppress(OSError):  # unplugged
            while True:
                near, _ = self._listener.accept()
                self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._to))
        with self._lock:
            if self._is_whole:
                self._ends |= {near, far}
            else:
                _close(near)
                _close(far)
                return
        threading.Thread(target=self._carry_request, args=(near, far), daemon=True).start()

    def _carry_request(self, near: socket.socket, far: socket.socket) -> None:
        """What the browser asks for decides what kind of connection this is."""
        with suppress(OSError):
            request = near.recv(CHUNK)
            can_stall = request.startswith(SOCKET)
            back = threading.Thread(target=self._carry, args=(far, near, can_stall), daemon=True)
            back.start()
            if can_stall:
                self._flows.wait()
            far.sendall(request)
            self._carry(near, far, can_stall)

    def _carry(self, source: socket.socket, sink: socket.socket, can_stall: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if can_stall:
                    self._flows.wait()
                sink.sendall(data)
        for end in (source, sink):
            with self._lock:
                self._ends.discard(end)
            _close(end)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def cable_to(url: str) -> Iterator[Cable]:
    """A whole cable to the site."""
    cable = Cable(int(url.rpartition(":")[2]))
    try:
        yield cable
    finally:
        cable.unplug()
