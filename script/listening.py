"""The voice engine's listening socket, which outlives every engine that takes calls on it."""

from __future__ import annotations

import fcntl
import resource
import socket

PORT = 8765
BACKLOG = 128
# Supervisor closes every lower descriptor in the processes that it starts (its `minfds`).
LEAST_INHERITED = 1000
DESCRIPTORS = 1024


def engine_socket() -> socket.socket:
    """A listening socket at the engine's port, or at any free one when others have that.

    Who only binds does not own the port yet: Linux lets others bind it until somebody listens.
    """
    try:
        listening = socket.create_server(("127.0.0.1", PORT), backlog=BACKLOG)
    except OSError:
        listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    allow_descriptors()
    with listening:
        return socket.socket(fileno=fcntl.fcntl(listening, fcntl.F_DUPFD_CLOEXEC, LEAST_INHERITED))


def allow_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
