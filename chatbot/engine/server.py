"""Listen: `/v1/realtime` for Realtime clients, `/healthz` for everybody who waits for it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from chatbot.engine.connection import Connection
from chatbot.engine.loading import Loader
from chatbot.engine.workshop import Workshop
from chatbot.realtime.usage import ENGINE_SERVER

log = logging.getLogger(__name__)

#: About four minutes of audio in one event; a bigger frame closes the socket with 1009.
MAX_FRAME_BYTES = 16 * 1024 * 1024
REALTIME_PATH = "/v1/realtime"
SUBPROTOCOL = Subprotocol("realtime")


class Engine:
    """One server and the models it shares out. Use as an async context manager."""

    def __init__(self, loader: Loader, host: str, port: int, fd: int | None = None) -> None:
        """`fd` is a listening socket that somebody else keeps, in place of host and port."""
        self._loader = loader
        self._host = host
        self._port = port
        self._fd = fd
        self._workshop: Workshop | None = None
        self._server: Server | None = None

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        if self._server is None:
            return self._port
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def __aenter__(self) -> Engine:
        if self._fd is None:
            place: dict[str, Any] = {"host": self._host, "port": self._port}
        else:
            place = {"sock": socket.socket(fileno=self._fd)}
        self._server = await serve(
            self._serve,
            **place,
            process_request=self._process_request,
            select_subprotocol=_select_subprotocol,
            compression=None,
            max_size=MAX_FRAME_BYTES,
            close_timeout=1,
            server_header=ENGINE_SERVER,
        )
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._workshop is not None:
            self._workshop.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def load(self) -> None:
        """Load the models in a thread; calls are taken from then on."""
        await asyncio.get_running_loop().run_in_executor(None, self._loader.load)
        if self._loader.models is not None:
            self._workshop = Workshop(self._loader.models)

    async def _serve(self, websocket: ServerConnection) -> None:
        if self._workshop is None:
            return
        log.info("A session begins.")
        await Connection(websocket, self._workshop).run()
        log.info("A session is over.")

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        path = urlsplit(request.path).path
        if path == "/healthz":
            ready = self._workshop is not None
            status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            return _json_response(status, {**self._loader.report(), "pid": os.getpid()})
        if path != REALTIME_PATH:
            return _refusal(HTTPStatus.NOT_FOUND, "not_found", f"Connect to {REALTIME_PATH}.")
        if self._workshop is None:
            report = self._loader.report()
            code = "engine_broken" if report["status"] == "broken" else "engine_loading"
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, code, report["message"])
        return None


async def run(host: str, port: int, threads: int, fd: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loader = Loader(threads)
    async with Engine(loader, host, port, fd) as engine:
        address = f"http://{host}:{engine.port}"
        log.warning("Voice engine at %s: loading its models.", address)
        loading = asyncio.create_task(engine.load(), name="engine-load")
        loading.add_done_callback(
            lambda done: log.warning("Voice engine at %s: %s", address, loader.message)
        )
        await stop.wait()


def _select_subprotocol(
    connection: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Stock clients offer none, or several of which "realtime" is one."""
    return SUBPROTOCOL if SUBPROTOCOL in offered else None


def _refusal(status: HTTPStatus, code: str, message: str) -> Response:
    return _json_response(status, {"error": {"code": code, "message": message}})


def _json_response(status: HTTPStatus, body: dict[str, Any]) -> Response:
    data = json.dumps(body).encode()
    headers = Headers(
        {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            "Connection": "close",
        }
    )
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return Response(status.value, status.phrase, headers, data)
