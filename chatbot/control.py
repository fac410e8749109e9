"""Messages between workers: captions for a user's other tabs, and orders to a call.

Both ends share these types. The channel layer may drop a message, so each is only a hint: what
counts is in the rows.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import Any, Literal, TypedDict
from uuid import UUID

from channels.exceptions import InvalidChannelLayerError
from channels.layers import get_channel_layer

from chatbot import metrics
from chatbot.realtime.api_errors import BAD_TOKEN
from chatbot.realtime.events import Event
from chatbot.realtime.problems import (
    ENDED_BY_STAFF,
    NOT_FOUND,
    NOT_SIGNED_IN,
    TAKEN_OVER,
    Problem,
)
from chatbot.realtime.sentences import N_

log = logging.getLogger(__name__)

SEND_LIMIT_S = 2.0

_TAKEN_OVER = N_("This conversation goes on in another tab. You can bring it back here.")
_DELETED = N_(
    "This conversation was deleted, so the call has ended. "
    "Have it back in History, or start a new one."
)
_ERASED = N_("This conversation was erased, so the call has ended. Start a new one.")

#: Why somebody else ends a call, by the reason in its row.
ENDINGS = {
    problem.code: problem
    for problem in (
        Problem(
            "token_revoked",
            N_("The API token of this call was revoked. Call again with another one."),
            BAD_TOKEN,
        ),
        Problem(
            "account_inactive",
            N_("This account may not be used any more. Please ask the people who run this site."),
            NOT_SIGNED_IN,
        ),
        Problem(
            "ended_elsewhere",
            N_("This call was ended from another page. Call again to go on."),
            TAKEN_OVER,
        ),
        Problem(
            "ended_by_staff",
            N_("The people who run this site have ended this call. What was said is kept."),
            ENDED_BY_STAFF,
        ),
    )
}


class ShowCaption(TypedDict):
    """An event for a tab that watches; handled by `caption_show`. `conversation` is the id of the
    one in whose call it happened."""

    type: Literal["caption.show"]
    event: Event
    conversation: str


class EndWatch(TypedDict):
    """No tab of the user's may watch any more; handled by `watch_end`."""

    type: Literal["watch.end"]
    reason: str


class EndCall(TypedDict):
    """End the call with this close code and English sentence; handled by `call_end`."""

    type: Literal["call.end"]
    code: int
    reason: str
    message: str


class LookAtRecording(TypedDict):
    """The call's user agrees to its being recorded, or does not any more; handled by
    `recording_look`."""

    type: Literal["recording.look"]
    agrees: bool


class EndSession(TypedDict):
    """Somebody has signed out in this browser; handled by `session_end`."""

    type: Literal["session.end"]


def call_ended(call_id: str, reason: str) -> Event:
    """What a tab that watches is told when the call is over."""
    return {"type": "chat.call.ended", "call_id": call_id, "reason": reason}


def conversation_deleted(conversation_id: UUID) -> Event:
    """What the user's tabs are told when a conversation is gone that they may show."""
    return {"type": "chat.conversation.deleted", "conversation": str(conversation_id)}


def captions_group(user_id: int) -> str:
    """The group of a user's watching tabs."""
    return f"captions.{user_id}"


def call_group(call_id: UUID) -> str:
    """The group that one call listens to for orders."""
    return f"call.{call_id}"


def session_group(session_key: str) -> str:
    """The group of the sockets that one browser's session has opened. The key stays secret."""
    return f"session.{hashlib.sha256(session_key.encode()).hexdigest()}"


async def show_caption(user_id: int, conversation_id: UUID, event: Event) -> None:
    """Send an event of a user's conversation to all who watch, on every worker."""
    message: ShowCaption = {
        "type": "caption.show",
        "event": event,
        "conversation": str(conversation_id),
    }
    await _send(captions_group(user_id), message)


async def end_call(call_id: UUID, code: int, reason: str, message: str) -> None:
    """Order a call to end, on whatever worker it runs; `message` is what its user reads."""
    order: EndCall = {"type": "call.end", "code": code, "reason": reason, "message": message}
    await _send(call_group(call_id), order)


async def order_takeover(call_id: UUID, *, is_resumed: bool = False) -> None:
    """End a call because its conversation goes on in another tab; or, resumed, in the same page,
    which has lost the line to it."""
    reason = "resumed" if is_resumed else "taken_over"
    await end_call(call_id, TAKEN_OVER, reason, _TAKEN_OVER)


async def order_end_of_deleted(call_id: UUID) -> None:
    """End a call because its user has deleted the conversation."""
    await end_call(call_id, NOT_FOUND, "conversation_deleted", _DELETED)


async def order_end_of_erased(call_id: UUID) -> None:
    """End a call because its conversation is erased."""
    await end_call(call_id, NOT_FOUND, "conversation_erased", _ERASED)


async def order_end_by_staff(call_id: UUID, problem: Problem) -> None:
    """End a call as staff have it; the problem holds what its user reads."""
    await end_call(call_id, ENDED_BY_STAFF, problem.code, problem.template)


async def order_end(call_id: UUID, reason: str) -> None:
    """End a call for one of the reasons of `ENDINGS`."""
    ending = ENDINGS[reason]
    await end_call(call_id, ending.close_code or TAKEN_OVER, reason, ending.template)


async def order_look_at_recording(call_id: UUID, *, agrees: bool) -> None:
    """Have a call recorded from now on, or not any more."""
    order: LookAtRecording = {"type": "recording.look", "agrees": agrees}
    await _send(call_group(call_id), order)


async def order_end_of_watching(user_id: int, reason: str) -> None:
    """Close what the user's tabs watch by, for one of the reasons of `ENDINGS`."""
    order: EndWatch = {"type": "watch.end", "reason": reason}
    await _send(captions_group(user_id), order)


async def order_end_of_session(session_key: str) -> None:
    """End all that a browser has opened with this session, on every worker."""
    order: EndSession = {"type": "session.end"}
    await _send(session_group(session_key), order)


async def _send(group: str, message: Any) -> None:
    """Whatever ails the layer, the call goes on: a message is only a hint."""
    try:
        layer = get_channel_layer()
        if layer is None:
            raise InvalidChannelLayerError("no channel layer is configured")
        async with asyncio.timeout(SEND_LIMIT_S):
            await layer.group_send(group, message)
    except Exception as error:
        metrics.MESSAGES_DROPPED.inc()
        log.warning("a message for %s was dropped: %s", group, type(error).__name__)
