"""Serves a script, or refuses the handshake."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.scripted.session import Session

Script = Callable[[Session], Awaitable[None]]


class ScriptedUpstream:
    """The server: its address, the sessions it has had, and what went wrong in its scripts."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.url = ""
        self.sessions: list[Session] = []
        self.requests: list[Request] = []
        self.failures: list[BaseException] = []

    async def handle(self, connection: ServerConnection) -> None:
        session = Session(connection)
        self.sessions.append(session)
        try:
            await self.script(session)
        except ConnectionClosed:
            pass
        except BaseException as failure:
            self.failures.append(failure)
            raise


@asynccontextmanager
async def scripted_upstream(
    script: Script, refusals: list[Response] | None = None, port: int = 0
) -> AsyncIterator[ScriptedUpstream]:
    """Serve the script; `refusals` answer the first handshakes instead. Fails with its script."""
    upstream = ScriptedUpstream(script)

    def process_request(connection: ServerConnection, request: Request) -> Response | None:
        upstream.requests.append(request)
        return refusals.pop(0) if refusals else None

    async with serve(
        upstream.handle,
        "127.0.0.1",
        port,
        process_request=process_request,
        compression=None,
        max_size=16 * 1024 * 1024,  # more than the service takes in an event
        close_timeout=1,  # a session that stalls would not see the other side's answer
    ) as server:
        bound = next(iter(server.sockets)).getsockname()[1]
        upstream.url = f"ws://127.0.0.1:{bound}/v1/realtime"
        yield upstream
    if upstream.failures:
        raise upstream.failures[0]


def refusal(status: HTTPStatus, code: str) -> Response:
    """A handshake answered with an HTTP error and the service's JSON."""
    body = json.dumps({"error": {"code": code, "message": "..."}}).encode()
    return Response(status.value, status.phrase, Headers({"Retry-After": "1"}), body)
