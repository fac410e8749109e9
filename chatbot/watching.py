"""The socket of staff who watch a conversation: the captions of its call as they come."""

from __future__ import annotations

import asyncio
import logging

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError
from django.utils.translation import override

from chatbot import audit, consumers, control, sessions, store
from chatbot.access import any_conversation, live_calls_in, settings_of
from chatbot.addresses import address_of_socket
from chatbot.consumers import BROKEN, CaptionsConsumer
from chatbot.models import Conversation, User
from chatbot.opening import Refused
from chatbot.realtime.events import Event
from chatbot.realtime.problems import NOT_ALLOWED, NOT_FOUND, NOT_SIGNED_IN, Problem
from chatbot.realtime.sentences import N_
from chatbot.rights import Right, may

log = logging.getLogger(__name__)

_SIGNED_OUT = Problem(
    "not_signed_in", N_("You are not signed in any more. Sign in to watch on."), NOT_SIGNED_IN
)
_NO_RIGHT = Problem(
    "not_allowed",
    N_("You may not read what is said. Ask whoever gives rights to staff here."),
    NOT_ALLOWED,
)
_GONE = Problem(
    "conversation_not_found",
    N_("There is no such conversation any more. It may have been erased."),
    NOT_FOUND,
)


class ReviewConsumer(CaptionsConsumer):
    """`/ws/review/?conversation=<id>`: what is said in a user's conversation, for staff who may
    read it. It begins by itself when a call does, and ends when the right to read does."""

    conversation: Conversation

    async def begin(self, user: User) -> None:
        self.user = user
        self.live = None
        self.conversation = await database_sync_to_async(self.permitted)()
        await self.join(control.captions_group(self.conversation.user_id))
        live = await database_sync_to_async(self.find_live)(user)
        if live:
            await self.write_down(live)
        self.live = live
        await self.show({"type": "chat.watch.started", "live": live})
        self.task = asyncio.create_task(self.look_after(user), name="review")

    def permitted(self) -> Conversation:
        """The conversation, as long as the user may read it.

        Raises:
            Refused: not signed in (4401), without the right (4403), no such conversation (4404).
        """
        staff = User.objects.filter(pk=self.user.pk, is_active=True).first()
        if staff is None or not sessions.is_in_force(str(self.scope["session"].session_key)):
            raise Refused(_SIGNED_OUT)
        if not may(staff, Right.READ):
            raise Refused(_NO_RIGHT)
        try:
            return any_conversation(self.asked("conversation") or "")
        except Conversation.DoesNotExist:
            raise Refused(_GONE) from None

    def find_live(self, user: User) -> Event | None:
        owner = self.conversation.user
        store.end_calls_of_dead_workers(owner)
        running = live_calls_in(owner, str(self.conversation.pk))
        call = running.select_related("conversation__persona", "conversation__user").last()
        if call is None:
            return None
        return self.started(call, list(call.conversation.turns.all()), settings_of(call))

    def stored(self, conversation_id: str) -> list[Event]:
        with override(self.language):
            return [turn.as_json() for turn in self.conversation.turns.all()]

    async def write_down(self, live: Event) -> None:
        """That this person watches this call: before they see a word of it."""
        await database_sync_to_async(audit.write)(
            self.user,
            audit.Action.WATCH,
            "conversation",
            self.conversation.pk,
            address=address_of_socket(self.scope),
            call=live["call_id"],
        )

    async def look_after(self, user: User) -> None:
        """Whatever order was lost: rights, session and calls are looked at again and again."""
        while True:
            await asyncio.sleep(consumers.LOOK_S)
            try:
                await database_sync_to_async(self.permitted)()
                live = await database_sync_to_async(self.find_live)(user)
            except Refused as refused:
                await self.refuse(refused.problem)
                return
            except DatabaseError as error:
                log.warning("who watches could not be looked at: %s", type(error).__name__)
                continue
            known = self.live
            if known and (live is None or live["call_id"] != known["call_id"]):
                await self.tell(control.call_ended(known["call_id"], "its worker died"))
            if live and self.live is None:
                await self.tell(live)

    async def caption_show(self, message: control.ShowCaption) -> None:
        """An event of any conversation of that user's."""
        event = message["event"]
        is_ours = message["conversation"] == str(self.conversation.pk)
        if is_ours and (self.live is not None or event["type"] == "chat.call.started"):
            await self.tell(event)

    async def tell(self, event: Event) -> None:
        if event["type"] == "chat.call.started":
            if self.live and self.live["call_id"] == event["call_id"]:
                return
            try:
                await self.write_down(event)
            except DatabaseError:
                await self.refuse(BROKEN)
                return
        await super().tell(event)

    async def watch_end(self, order: control.EndWatch) -> None:
        """It is for the user's own tabs."""

    async def session_end(self, order: control.EndSession) -> None:
        await self.refuse(_SIGNED_OUT)
