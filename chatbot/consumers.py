"""The sockets of our page: a call, and the captions of a call in another tab. I/O, no decisions."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.translation import override

from chatbot import control, ending, metrics, sessions, store
from chatbot.access import conversation_for, live_call_of, may_sign_in, settings_of
from chatbot.handover import clear_the_way, heard_of, spoken_ms_ago
from chatbot.languages import language_of, translator
from chatbot.models import Call as CallRow
from chatbot.models import Conversation, Turn, User
from chatbot.opening import NOBODY, Refused, open_for, signed_in_user, started_event
from chatbot.realtime.call import Call
from chatbot.realtime.events import BadEvent, Event, dump, id_of, parse_bounded
from chatbot.realtime.gateway import GatewayCall
from chatbot.realtime.limits import Limits
from chatbot.realtime.permissions import Permissions
from chatbot.realtime.policy import MAX_TEXT_FRAME
from chatbot.realtime.problems import ABUSE, RESTARTING, Problem, not_for_browsers
from chatbot.realtime.sentences import N_
from chatbot.realtime.session import SessionSettings
from chatbot.receiving import StraightConsumer
from chatbot.recording import Tape
from chatbot.refusals import note_socket
from chatbot.relay import Relay, new_item_id
from chatbot.tools.clock import zone_named
from chatbot.tools.registry import toolset_of
from chatbot.tools.tool import ToolContext
from chatbot.upstream import UpstreamAddress

log = logging.getLogger(__name__)

#: How often a tab that watches makes sure that there still is something to watch, in seconds.
LOOK_S = 5.0

#: How often a socket makes sure that its session has not ended, in seconds.
SESSION_LOOK_S = 10.0

#: The close code of a socket that ended without one.
ABNORMAL = 1006

BROKEN = Problem(
    "internal_error", N_("Something broke on our side. Call again to go on where you were."), 1011
)


class BrowserConsumer(StraightConsumer):
    """A socket of a signed-in user's page: refuses with a sentence before it closes."""

    #: Of the sentences that its user reads.
    language = settings.LANGUAGE_CODE
    session_watch: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        self.language = language_of(self.scope)
        try:
            user = signed_in_user(self.scope)
            key = str(self.scope["session"].session_key)
            await self.join(control.session_group(key))
            await self.begin(user)
            self.session_watch = asyncio.create_task(self.watch_session(key), name="session")
        except Refused as refused:
            await database_sync_to_async(note_socket)(self.scope, self.asked("conversation"))
            await self.refuse(refused.problem)
        except Exception:
            log.exception("a socket could not be opened")
            await self.refuse(BROKEN)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.session_watch is not None:
                self.session_watch.cancel()

    async def watch_session(self, key: str) -> None:
        """End with the session, even when the order that says so was lost."""
        is_in_force = True
        while is_in_force:
            await asyncio.sleep(SESSION_LOOK_S)
            with suppress(DatabaseError):
                is_in_force = await database_sync_to_async(sessions.is_in_force)(key)
        await self.session_end({"type": "session.end"})

    async def session_end(self, order: control.EndSession) -> None:
        """Nobody is signed in here any more."""
        await self.refuse(NOBODY)

    async def begin(self, user: User) -> None:
        """What the socket is for, once its user is known."""
        raise NotImplementedError

    def asked(self, name: str) -> str | None:
        """A value of the query of the socket's address."""
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        return query.get(name, [None])[0]

    async def join(self, group: str) -> None:
        """Receive what is sent to the group, until the socket closes."""
        await self.channel_layer.group_add(group, self.channel_name)
        self.groups.append(group)

    async def refuse(self, problem: Problem) -> None:
        """Say why, then close."""
        metrics.PROBLEMS.labels(problem.code).inc()
        await self.say(problem)
        await self.close(problem.close_code)

    async def say(self, problem: Problem) -> None:
        await self.show(problem.as_event(translator(self.language)))

    def started(self, call: CallRow, turns: list[Turn], session: SessionSettings) -> Event:
        """`chat.call.started`, in the user's language."""
        with override(self.language):
            return started_event(call, turns, session)

    async def show(self, event: Event) -> None:
        await self.send(text_data=dump(event))


class CallConsumer(BrowserConsumer):
    """`/ws/call/`: one call of the browser's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.relay: Relay | None = None
        self.task: asyncio.Task[None] | None = None

    async def begin(self, user: User) -> None:
        wished = self.asked("conversation")
        lost, playing = self.asked("resume"), self.asked("playing")
        heard = heard_of(self.asked("heard"), self.asked("played"), self.asked("received"))
        await database_sync_to_async(ending.refuse_redial)(user, wished, lost)
        is_resumed = await clear_the_way(user, wished, lost, playing, heard)
        opened = await database_sync_to_async(open_for)(user, wished, self.asked("persona"))
        started = self.started(opened.call, opened.turns, opened.settings)
        resumed = {"resumed": is_resumed, "spoken_ms_ago": spoken_ms_ago(opened.turns)}
        tape = await Tape.of(opened.call, self.show_recording) if settings.RECORDINGS else None
        recorded = {"recorded": tape is not None and tape.is_on}
        await self.show({**started, **resumed, **recorded})
        persona = opened.conversation.persona
        call = Call(
            replace(opened.settings, tools=toolset_of(persona)),
            [turn.in_call() for turn in opened.turns],
            permissions=Permissions(frozenset(persona.user_settings)),
            first_position=opened.next_position,
            new_id=new_item_id,
            translate=translator(self.language),
            soundtrack=tape.soundtrack if tape is not None else None,
        )
        if is_resumed:
            call.resume()
        await self.start(opened, call, tape)
        self.hand_over()

    async def start(
        self, opened: store.OpenedCall, call: Call | GatewayCall, tape: Tape | None = None
    ) -> None:
        """Let the call run: it takes over its conversation, and shows in the user's other tabs."""
        for call_id in opened.taken_over:
            await control.order_takeover(call_id)
        await self.join(control.call_group(opened.call.pk))
        started = self.started(opened.call, opened.turns, opened.settings)
        talk = opened.conversation
        await control.show_caption(talk.user_id, talk.pk, started)
        address = UpstreamAddress(
            settings.REALTIME_URL,
            settings.REALTIME_MODEL or opened.conversation.persona.model,
            settings.OPENAI_API_KEY,
        )
        zone = zone_named(self.asked("tz"))
        context = ToolContext(opened.conversation.user, opened.conversation.pk, zone)
        self.relay = Relay(call, opened.call, address, self, context)
        self.relay.tape = tape
        self.task = asyncio.create_task(self.hold(self.relay, opened.call), name="call")

    async def hold(self, relay: Relay, row: CallRow) -> None:
        """Keep the call until it is over, then write that down and close the socket."""
        log.info("call %s: started", row.pk)
        code, reason = 1011, "failed"
        try:
            with metrics.LIVE_CALLS.track_inprogress():
                hang_up = await relay.run()
            code, reason = hang_up.code, hang_up.reason
        except Exception:
            log.exception("call %s: failed", row.pk)
            with suppress(Exception):  # a browser that has gone hears nothing; the row must end
                await self.say(BROKEN)
        if relay.tape is not None:
            relay.tape.leave()
        metrics.CALLS.labels(code).inc()
        log.info("call %s: ended, code %s, %s", row.pk, code, reason)
        try:
            await database_sync_to_async(store.end_call)(
                row.pk, code, reason, relay.upstream_sessions
            )
        except DatabaseError:
            log.warning("call %s: its end is not written; its lease will run out", row.pk)
        ended = control.call_ended(str(row.pk), reason)
        await control.show_caption(row.conversation.user_id, row.conversation_id, ended)
        await self.close(code, reason)

    def take(self, frame: str | bytes) -> None:
        if self.relay is not None:
            self.relay.receive(frame)

    def left_behind(self) -> None:
        if self.relay is not None:
            self.relay.browser_gone(ABNORMAL)

    async def call_end(self, order: control.EndCall) -> None:
        """An order from another worker."""
        if self.relay is not None:
            problem = Problem(order["reason"], order["message"], order["code"])
            self.relay.end(order["code"], order["reason"], problem)

    async def recording_look(self, order: control.LookAtRecording) -> None:
        """What an order takes away is taken at once; what it gives, the user's row has to say."""
        tape = self.relay.tape if self.relay is not None else None
        if tape is not None and order["agrees"]:
            await tape.look()
        elif tape is not None:
            tape.withdraw()

    def show_recording(self, recorded: bool) -> None:
        """The page shows whether its call is recorded."""
        self.send_now(dump({"type": "chat.recording", "recorded": recorded}))

    async def session_end(self, order: control.EndSession) -> None:
        if self.relay is not None:
            self.relay.end(NOBODY.close_code or 4401, "signed out", NOBODY)

    async def stopped(self) -> None:
        """What was said is stored before the worker goes."""
        if self.relay is not None and self.task is not None:
            self.relay.end(RESTARTING.close_code or 1012, RESTARTING.code, RESTARTING)
            await self.task

    async def disconnect(self, code: int | None) -> None:
        if self.relay is not None and self.task is not None:
            self.relay.browser_gone(code)
            await self.task


class CaptionsConsumer(BrowserConsumer):
    """`/ws/captions/`: what is said in a call that runs in another tab, as it is said.

    A worker that dies cannot say that its call has ended, and an order can be lost on its way, so
    the rows are looked at, too.
    """

    task: asyncio.Task[None] | None = None
    is_abused = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limits = Limits()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Whoever watches has nothing to send; after too much of it the socket closes."""
        if self.is_abused:
            return
        self.is_abused = self.limits.is_patience_lost(time.time())
        if self.is_abused:
            await self.refuse(ABUSE)
        else:
            await self.say(refusal_of(text_data))

    async def begin(self, user: User) -> None:
        self.user = user
        await self.join(control.captions_group(user.pk))
        self.live = live = await database_sync_to_async(self.find_live)(user)
        started = {"type": "chat.watch.started", "live": live}
        shown = self.asked("conversation")
        if live is None or live["conversation"]["id"] != shown:
            started = await self.with_turns(started, shown)
        await self.show(started)
        self.task = asyncio.create_task(self.look_after(user), name="captions")

    async def with_turns(self, event: Event, conversation_id: str | None) -> Event:
        """Adds what is stored of a conversation of the user's in which no call runs any more."""
        with suppress(Conversation.DoesNotExist, DatabaseError):
            turns = await database_sync_to_async(self.stored)(conversation_id or "")
            return {**event, "turns": turns}
        return event

    def stored(self, conversation_id: str) -> list[Event]:
        try:
            conversation = conversation_for(self.user, conversation_id)
        except Conversation.DoesNotExist:
            note_socket(self.scope, conversation_id)
            raise
        with override(self.language):
            return [turn.as_json() for turn in conversation.turns.all()]

    def find_live(self, user: User) -> Event | None:
        store.end_calls_of_dead_workers(user)
        call = live_call_of(user)
        if call is None:
            return None
        return self.started(call, list(call.conversation.turns.all()), settings_of(call))

    async def look_after(self, user: User) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if not await database_sync_to_async(may_sign_in)(user):
                await self.refuse(control.ENDINGS[store.ACCOUNT_INACTIVE])
                return
            live = self.live
            if live and not await database_sync_to_async(self.find_live)(user):
                await self.tell(control.call_ended(live["call_id"], "its worker died"))

    async def watch_end(self, order: control.EndWatch) -> None:
        """An order from another worker."""
        await self.refuse(control.ENDINGS[order["reason"]])

    async def caption_show(self, message: control.ShowCaption) -> None:
        await self.tell(message["event"])

    async def tell(self, event: Event) -> None:
        """The end of a call that another has followed already is no news."""
        if event["type"] == "chat.call.ended":
            live = self.live
            if live is None or live["call_id"] != event["call_id"]:
                return
            self.live = None
            event = await self.with_turns(event, live["conversation"]["id"])
        elif event["type"] == "chat.call.started":
            self.live = event
        await self.show(event)

    async def disconnect(self, code: int) -> None:
        if self.task is not None:
            self.task.cancel()


def refusal_of(text: str | None) -> Problem:
    """Why this frame, sound without a text, cannot be sent by a tab that watches."""
    if text is None:
        return not_for_browsers("input_audio_buffer.append", None)
    try:
        event = parse_bounded(text, MAX_TEXT_FRAME)
    except BadEvent as error:
        return Problem(error.code, str(error))
    return not_for_browsers(event["type"], id_of(event))
