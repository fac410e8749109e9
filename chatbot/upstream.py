"""The socket to the upstream: connecting, bounded sending, and failures as problems."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.protocol import State

from chatbot.frames import masked_text
from chatbot.realtime.problems import UPSTREAM_UNAVAILABLE, Problem, from_upstream
from chatbot.realtime.sentences import N_
from chatbot.realtime.usage import ENGINE_SERVER
from chatbot.upstream_socket import UpstreamSocket

OPEN_TIMEOUT_S = 8.0
#: Of an upstream that is gone the other side tells nothing more.
CLOSE_TIMEOUT_S = 1.0
#: Looks in silence, four a second: then it is asked for a sign of life; then it is slow; then
#: it is dead, whatever TCP believes. Time would count against it what this worker has slept.
ASK_AFTER = 4
SLOW_AFTER = 7
DEAD_AFTER = 40
LOADING_RETRY_S = 0.5
LOADING_LIMIT_S = 120.0
#: Half a minute of speech: an upstream that is this far behind will not catch up.
MAX_UNREAD_BYTES = 2 * 1024 * 1024
MAX_EVENT_BYTES = 16 * 1024 * 1024

LOOPBACK = {"localhost", "127.0.0.1", "::1"}

_UNREACHABLE = N_("The voice service cannot be reached. Try again in a moment.")
_LOST = N_("The connection to the voice service was lost. Call again to go on where you were.")
_STALLED = N_("The voice service no longer listens. Call again to go on where you were.")


class UpstreamError(Exception):
    """The upstream is of no use any more; `problem` says why and always ends the call."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class UpstreamAddress:
    """Where to connect, with what key (never shown, not even by `repr`) and for which model."""

    url: str
    model: str
    key: str = field(default="", repr=False)

    @property
    def uri(self) -> str:
        """The address with `?model=`, after whatever query the operator gave."""
        joint = "&" if urlsplit(self.url).query else "?"
        return f"{self.url}{joint}{urlencode({'model': self.model})}"

    @property
    def is_local(self) -> bool:
        """On this machine: no proxy leads there."""
        return urlsplit(self.url).hostname in LOOPBACK


class Upstream:
    """One open socket. `send` never waits: what is not read yet stays in a bounded buffer."""

    def __init__(self, socket: UpstreamSocket) -> None:
        self._socket = socket

    @property
    def is_engine(self) -> bool:
        """Our own engine has answered, by the name that it gives in the handshake."""
        response = self._socket.response
        return response is not None and response.headers.get("Server") == ENGINE_SERVER

    @property
    def is_behind(self) -> bool:
        """Much of what was sent is not read yet."""
        return self._socket.transport.get_write_buffer_size() > MAX_UNREAD_BYTES // 4

    def send(self, frame: str) -> None:
        """Write a text frame; to a socket that is closing, nothing.

        Raises:
            UpstreamError: the upstream does not read.
        """
        socket = self._socket
        if socket.protocol.state is not State.OPEN:
            return  # `listen` tells of it
        if socket.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            raise UpstreamError(Problem("upstream_stalled", _STALLED, UPSTREAM_UNAVAILABLE))
        socket.transport.write(masked_text(frame))

    @property
    def is_paused(self) -> bool:
        """Nothing is read from it for now."""
        return self._socket.is_paused

    def pause(self) -> None:
        """Hear nothing more for now; what it says waits on the way."""
        self._socket.pause()

    def read_on(self) -> None:
        """After `pause`."""
        self._socket.read_on()

    def look(self) -> int:
        """How often we have looked since it gave a sign of life, this time included; one that is
        paused gives none, and is there.

        Raises:
            UpstreamError: too often.
        """
        socket = self._socket
        socket.looks += not socket.is_paused
        if socket.looks == ASK_AFTER and socket.protocol.state is State.OPEN:
            socket.ask()
        if socket.looks > DEAD_AFTER:
            raise _lost()
        return socket.looks

    def leave(self) -> None:
        """Close at once, and hear nothing more; `listen` ends."""
        self._socket.leave()

    async def listen(self, hear: Callable[[str], None]) -> NoReturn:
        """Hand text frames to `hear` as they come, until the upstream closes.

        Raises:
            UpstreamError: it has closed.
        """
        self._socket.listen(hear)
        await self._socket.wait_closed()
        raise _lost()


@asynccontextmanager
async def open_upstream(
    address: UpstreamAddress, on_loading: Callable[[], None]
) -> AsyncIterator[Upstream]:
    """Connect, waiting for an engine that is still loading its models.

    Raises:
        UpstreamError: it cannot be reached, or refuses us.
    """
    upstream = Upstream(await _connect_when_loaded(address, on_loading))
    try:
        yield upstream
    finally:
        upstream.leave()


async def _connect_when_loaded(
    address: UpstreamAddress, on_loading: Callable[[], None]
) -> UpstreamSocket:
    for _ in range(int(LOADING_LIMIT_S / LOADING_RETRY_S)):
        try:
            return await _connect(address)
        except InvalidStatus as refusal:
            error = _error_of(refusal)
            if error.get("code") != "engine_loading":
                raise UpstreamError(_refusal(refusal.response.status_code, error)) from None
            on_loading()
            await asyncio.sleep(LOADING_RETRY_S)
        except InvalidURI:
            raise UpstreamError(
                Problem("upstream_misconfigured", _UNREACHABLE, UPSTREAM_UNAVAILABLE)
            ) from None
        except (OSError, TimeoutError, InvalidHandshake):
            raise UpstreamError(_unreachable()) from None
    raise UpstreamError(_unreachable())


async def _connect(address: UpstreamAddress) -> UpstreamSocket:
    socket = await connect(
        address.uri,
        create_connection=UpstreamSocket,
        additional_headers={"Authorization": f"Bearer {address.key}"} if address.key else {},
        compression=None,
        max_size=MAX_EVENT_BYTES,
        open_timeout=OPEN_TIMEOUT_S,
        close_timeout=CLOSE_TIMEOUT_S,
        ping_interval=None,  # `Upstream.look` asks
        proxy=None if address.is_local else True,
        user_agent_header="Colloquy",
    )
    return cast("UpstreamSocket", socket)


def _error_of(refusal: InvalidStatus) -> dict[str, Any]:
    try:
        error = json.loads(refusal.response.body or b"{}").get("error")
    except (ValueError, AttributeError):
        return {}
    return error if isinstance(error, dict) else {}


def _refusal(status: int, error: dict[str, Any]) -> Problem:
    code = "invalid_api_key" if status in (401, 403) else error.get("code", "upstream_refused")
    problem = from_upstream({"code": code})
    if problem.close_code is not None:
        return problem
    return Problem(problem.code, _UNREACHABLE, UPSTREAM_UNAVAILABLE, retry_after=5)


def _lost() -> UpstreamError:
    problem = Problem("upstream_lost", _LOST, UPSTREAM_UNAVAILABLE, retry_after=1)
    return UpstreamError(problem)


def _unreachable() -> Problem:
    return Problem("upstream_unreachable", _UNREACHABLE, UPSTREAM_UNAVAILABLE, retry_after=5)
