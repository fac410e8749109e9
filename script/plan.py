"""Which processes `script/server` runs, as a configuration of supervisor."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from script.install import ROOT, VENV
from script.listening import LEAST_INHERITED

# The system allows 107 bytes.
SOCKET_PATH_MAX = 100

HEAD = """\
[supervisord]
silent=true
minfds={least_inherited}
logfile={logs}/supervisord.log
logfile_maxbytes=10MB
logfile_backups=3
pidfile={run}/supervisord.pid
childlogdir={logs}
user={uid}

[unix_http_server]
file={control}

[supervisorctl]
serverurl=unix://{control}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

REDIS = """
[program:redis]
priority=1
command={redis_server} --port 0 --unixsocket {redis_socket} --unixsocketperm 700
    --save '' --appendonly no --dir {run}
stdout_logfile={logs}/redis.log
"""

ENGINE = """
[program:engine]
priority=2
command={python} -m chatbot.engine --fd {engine_fd}
stdout_logfile={logs}/engine.log
"""

# Browsers are asked for a sign of life every 20 s, and given up 30 s later. A frame that is larger
# than a call takes, but not absurd, is answered with a sentence; only a larger one ends the socket.
WORKERS = """
[fcgi-program:worker]
priority=10
socket=tcp://{host}:{port}
socket_backlog=1024
numprocs={workers}
process_name=worker-%(process_num)d
command={python} -m daphne --fd 0 --no-server-name --websocket_timeout -1
    --ping-interval 20 --ping-timeout 30 --websocket-max-frame-size 4194304
    project.asgi:application
stdout_logfile={logs}/worker-%(process_num)d.log
"""

# What is kept no longer goes once a day, the first time when the workers have long been there.
PRUNE = """
[program:prune]
priority=20
command=/bin/sh -c "while sleep 60; do {python} manage.py prune; sleep 86340; done"
stdout_logfile={logs}/prune.log
"""

EACH = """\
directory={root}
environment=PYTHONUNBUFFERED="1"
autorestart=true
startsecs=1
startretries=20
stopwaitsecs=8
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


@dataclass
class Plan:
    """N workers on one address, a daily prune, and beside them perhaps an engine and a Redis."""

    var: Path
    host: str
    port: int
    workers: int
    engine: socket.socket | None = None
    redis_server: Path | None = None

    def __post_init__(self) -> None:
        self.logs = self.var / "log"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.run = self.var / "run" / str(self.port)
        self.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.sockets = self.run
        if len(os.fsencode(self.run / "supervisor.sock.12345")) > SOCKET_PATH_MAX:
            self.sockets = Path(tempfile.mkdtemp(prefix="colloquy-"))
        self.control = self.sockets / "supervisor.sock"
        self.redis_socket = self.sockets / "redis.sock"
        self.config = self.run / "supervisord.conf"

    @property
    def engine_fd(self) -> int | None:
        """The descriptor by which the engine inherits its listening socket."""
        return self.engine.fileno() if self.engine else None

    @property
    def engine_port(self) -> int | None:
        return int(self.engine.getsockname()[1]) if self.engine else None

    def clean(self) -> None:
        """Remove what only running processes need."""
        for folder in {self.sockets, self.run}:
            shutil.rmtree(folder, ignore_errors=True)

    def render(self) -> str:
        """The text of `config`."""
        parts = [HEAD]
        if self.redis_server:
            parts += [REDIS, EACH]
        if self.engine:
            parts += [ENGINE, EACH]
        parts += [WORKERS, EACH, PRUNE, EACH]
        facts = {
            "root": ROOT,
            "python": shlex.quote(str(VENV / "bin" / "python")),
            "uid": os.getuid(),
            **vars(self),
            "least_inherited": LEAST_INHERITED,
            "engine_fd": self.engine_fd,
            "redis_server": shlex.quote(str(self.redis_server)),
        }
        return "".join(parts).format(
            **{name: str(value).replace("%", "%%") for name, value in facts.items()}
        )
