"""The tasks of one call: feeds the pure `Call`, drains it, and carries out what it decides."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol
from uuid import uuid4

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError

from chatbot import control, ending, metrics
from chatbot.eventlog import EventWriter
from chatbot.models import Call as CallRow
from chatbot.realtime.call import Call
from chatbot.realtime.effects import (
    Connect,
    Effect,
    HangUp,
    Publish,
    RunTool,
    SaveTurn,
    Told,
    Unknown,
)
from chatbot.realtime.events import Event
from chatbot.realtime.gateway import GatewayCall
from chatbot.realtime.problems import FRAME_TOO_LARGE, TAKEN_OVER, UPSTREAM_UNAVAILABLE, Problem
from chatbot.realtime.sentences import N_
from chatbot.realtime.toolcalls import Outcome
from chatbot.recorder import Recorder, RecorderFull
from chatbot.recording import Tape
from chatbot.tools.runner import ToolRunner
from chatbot.tools.tool import ToolContext
from chatbot.upstream import SLOW_AFTER, Upstream, UpstreamAddress, UpstreamError, open_upstream

log = logging.getLogger(__name__)

TICK_S = 0.25
HEARTBEAT_S = 10.0
SLOW_CONNECT_S = 1.5
MAX_WAITING_CAPTIONS = 512
BEHIND_CHECK_S = 0.02
BEHIND_LIMIT_S = 10.0
#: As RFC 6455 has them: the socket was closed without a code, or for too large a message.
NO_CODE = 1005
MESSAGE_TOO_BIG = 1009

_NOT_STORED = N_("This conversation can no longer be stored, so the call ends. Try again later.")

#: Twenty seconds of speech wait for the browser: no more is taken from the upstream,
PAUSE_AT_BYTES = 1024 * 1024
#: until it has read on to here.
READ_ON_AT_BYTES = PAUSE_AT_BYTES // 4
#: A browser that reads nothing of what waits for so many ticks (10 s) is let go.
STUCK_TICKS = 40


class Browser(Protocol):
    """Whom a call sends to; it never waits."""

    def send_now(self, frame: str | bytes) -> None: ...

    def unread_bytes(self) -> int:
        """How much of what was sent waits to be read."""

    def let_go(self) -> None:
        """Break the socket off: nobody reads there."""


def new_item_id(prefix: str) -> str:
    """An item id as the service makes them: at most 32 characters."""
    return f"{prefix}_{uuid4().hex[:24]}"


class Relay:
    """One running call. `receive` and the upstream feed it; `run` lasts as long as the call."""

    def __init__(
        self,
        call: Call | GatewayCall,
        row: CallRow,
        address: UpstreamAddress,
        browser: Browser,
        context: ToolContext,
    ) -> None:
        self._call = call
        self._row = row
        self._user_id = row.conversation.user_id
        self._address = address
        self._browser = browser
        self._upstream: Upstream | None = None
        self._connect: Connect | None = None
        self.upstream_sessions = 0
        self._session_begun = asyncio.Event()
        self._recorder = Recorder(row, address.model, self._turn_saved)
        #: Set where calls are recorded, before `run`.
        self.tape: Tape | None = None
        self._events = EventWriter(row.pk)
        self._log = self._events.log if settings.EVENTS else None
        self._captions: asyncio.Queue[Event] = asyncio.Queue(MAX_WAITING_CAPTIONS)
        self._tools = ToolRunner(context, self._tool_finished)
        self._has_browser = True
        self._unread = 0
        self._stuck_ticks = 0
        self._hang_up: HangUp | None = None
        self._bug: Exception | None = None
        self._over = asyncio.Event()

    async def run(self) -> HangUp:
        """Hold the call until it is over and its rows are written; returns how it ended."""
        async with asyncio.TaskGroup() as tasks:
            ending_first = [
                tasks.create_task(self._talk(), name="upstream"),
                tasks.create_task(self._heartbeat(), name="heartbeat"),
                tasks.create_task(self._tools.run(), name="tools"),
            ]
            ending_last = [
                tasks.create_task(self._recorder.run(), name="recorder"),
                tasks.create_task(self._publish(), name="captions"),
                tasks.create_task(self._events.run(), name="events"),
            ]
            if self.tape is not None:
                ending_last.append(tasks.create_task(self.tape.run(), name="tape"))
            self._tick()
            try:
                await self._over.wait()
            finally:
                self._next_tick.cancel()
            if self._bug is not None:
                await self._events.finish()
                raise self._bug
            for task in ending_first:
                task.cancel()
            await self._recorder.finish()
            await self._captions.join()
            await self._events.finish()
            for task in ending_last:
                task.cancel()
        return self._hang_up or HangUp(1000, "ended")

    def receive(self, frame: str | bytes) -> None:
        """One frame from the browser."""
        if self._log is not None:
            self._log.note("browser", frame, time.time())
        self._feed(self._call.receive_from_browser, frame)

    async def room(self) -> None:
        """Wait for an upstream that is behind, but no longer than it could be awake."""
        end = time.monotonic() + BEHIND_LIMIT_S
        # The transport tells nobody when it has sent what it holds.
        while (upstream := self._upstream) and upstream.is_behind and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(BEHIND_CHECK_S)

    def end(self, code: int, reason: str, problem: Problem | None = None) -> None:
        """End the call by an order from outside."""
        if problem is not None:
            self._call.fail(problem, time.time())
        self._feed(self._call.hang_up, code, reason)

    def browser_gone(self, code: int | None) -> None:
        """The browser or client closed its socket with `code`, if with one: nothing more can be
        sent to it."""
        self._has_browser = False
        peer = "client" if isinstance(self._call, GatewayCall) else "browser"
        is_too_large = code in (FRAME_TOO_LARGE, MESSAGE_TOO_BIG)
        reason = "frame too large" if is_too_large else f"{peer} gone"
        self.end(NO_CODE if code is None else code, reason)

    async def _talk(self) -> None:
        """Hold the call to the upstream, with as many sessions, one after another, as it takes."""
        while not self._call.is_over:
            self._connect = None
            try:
                await self._hold_session()
            except UpstreamError as error:
                self._upstream = None
                if self._connect is None:
                    log.warning("call %s: upstream: %s", self._row.pk, error.problem.code)
                    self._lose_upstream(error)
                    self._drain()
            await asyncio.sleep(self._connect.delay_s if self._connect else 0)

    async def _hold_session(self) -> None:
        slow = asyncio.get_running_loop().call_later(SLOW_CONNECT_S, self._say_slow)
        try:
            async with open_upstream(self._address, self._say_loading) as upstream:
                slow.cancel()
                self._upstream = upstream
                self.upstream_sessions += 1
                self._session_begun.set()
                self._recorder.is_engine = upstream.is_engine
                self._call.upstream_opened(time.time())
                self._drain()
                await upstream.listen(self._hear)
        finally:
            slow.cancel()

    def _hear(self, frame: str) -> None:
        """One text frame from the upstream."""
        if self._log is not None:
            self._log.note("upstream", frame, time.time())
        self._feed(self._call.receive_from_upstream, frame)

    def _say_slow(self) -> None:
        self._call.upstream_is("slow")
        self._drain()

    def _say_loading(self) -> None:
        self._call.upstream_is("loading")
        self._drain()

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        # All calls of a worker at once, which wakes it once for all.
        self._next_tick = loop.call_at((loop.time() // TICK_S + 1) * TICK_S, self._tick)
        self._spare_browser()
        self._look_at_browser()
        self._look_at_upstream()
        self._feed(self._call.tick)

    def _look_at_browser(self) -> None:
        """Does it read? The upstream waits for it, but not for ever."""
        is_waited_for = self._upstream is not None and self._upstream.is_paused
        unread = self._browser.unread_bytes() if is_waited_for else 0
        self._stuck_ticks = self._stuck_ticks + 1 if 0 < unread >= self._unread else 0
        self._unread = unread
        if self._stuck_ticks > STUCK_TICKS:
            self._stuck_ticks = 0
            self._browser.let_go()

    def _look_at_upstream(self) -> None:
        """Is it there? The user is told of one that is slow, and one that is dead is left."""
        if self._upstream is None:
            return
        try:
            if self._upstream.look() >= SLOW_AFTER:
                self._call.upstream_is("slow")
            else:
                self._call.upstream_is("there")
        except UpstreamError as error:
            log.warning("call %s: upstream: silent", self._row.pk)
            self._lose_upstream(error)

    async def _heartbeat(self) -> None:
        """Renew the lease again and again, and as soon as there is a session more to count."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._session_begun.wait()
            self._session_begun.clear()
            try:
                problem = await database_sync_to_async(ending.renew)(
                    self._row.pk, self.upstream_sessions
                )
            except DatabaseError:
                log.warning("call %s: its lease could not be renewed", self._row.pk)
                continue
            if self.tape is not None:
                await self.tape.look()
            if problem:  # and the order that says so was lost on the way, or there was none
                self.end(problem.close_code or TAKEN_OVER, problem.code, problem)

    async def _turn_saved(self, saved: SaveTurn) -> None:
        if self.tape is not None:
            self.tape.soundtrack.stored(saved.turn.item_id)
        self._call.turn_saved(saved)
        self._drain()

    async def _tool_finished(self, call_id: str, output: str, outcome: Outcome) -> None:
        if isinstance(self._call, Call):
            self._call.tool_finished(call_id, output, outcome, time.time())
            self._drain()

    async def _publish(self) -> None:
        while True:
            event = await self._captions.get()
            await control.show_caption(self._user_id, self._row.conversation_id, event)
            self._captions.task_done()

    def _feed(self, feed: Callable[..., None], *what: Any) -> None:
        """Let the call know, and do what it decides. A bug in that is the end of this call only."""
        try:
            feed(*what, time.time())
            self._drain()
        except Exception as bug:
            self._bug = bug
            self._over.set()

    def _drain(self) -> None:
        """Send and do all that the call has decided. It never waits, so order holds."""
        frames = self._call.data_for_browser()
        if frames and self._has_browser:
            for frame in frames:
                self._browser.send_now(frame)
            self._spare_browser()
        self._send_upstream(self._call.data_for_upstream())
        for effect in self._call.effects():
            self._carry_out(effect)

    def _spare_browser(self) -> None:
        """An upstream may speak faster than a browser, or its line, can take."""
        upstream = self._upstream
        if upstream is None:
            return
        unread = self._browser.unread_bytes() if self._has_browser else 0
        if not upstream.is_paused and unread > PAUSE_AT_BYTES:
            upstream.pause()
        elif upstream.is_paused and unread < READ_ON_AT_BYTES:
            upstream.read_on()

    def _send_upstream(self, frames: list[str]) -> None:
        if self._upstream is None:
            return  # what is left of a session that is gone
        try:
            for frame in frames:
                self._upstream.send(frame)
                if self._log is not None:
                    self._log.note("call", frame, time.time())
        except UpstreamError as error:
            self._lose_upstream(error)

    def _lose_upstream(self, error: UpstreamError) -> None:
        self._call.upstream_lost(error.problem, time.time(), random.random())  # noqa: S311

    def _leave(self, connect: Connect) -> None:
        self._connect = connect
        if self._upstream is not None:
            self._upstream.leave()
            self._upstream = None

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, HangUp):
            self._hang_up = effect
            self._over.set()
        elif isinstance(effect, Unknown):
            metrics.UNKNOWN_EVENTS.inc()
            log.warning("call %s: unknown event %s", self._row.pk, effect.kind[:80])
        elif isinstance(effect, Connect):
            self._leave(effect)
        elif isinstance(effect, RunTool):
            self._tools.start(effect)
        elif isinstance(effect, Told):
            metrics.PROBLEMS.labels(effect.problem.code).inc()
            log.info("call %s: problem %s", self._row.pk, effect.problem.code)
        elif isinstance(effect, Publish):
            try:
                self._captions.put_nowait(effect.event)
            except asyncio.QueueFull:
                metrics.MESSAGES_DROPPED.inc()
        else:
            try:
                self._recorder.add(effect)
            except RecorderFull:
                problem = Problem("record_unavailable", _NOT_STORED, UPSTREAM_UNAVAILABLE)
                self._call.fail(problem, time.time())
