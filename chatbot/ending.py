"""Staff end a call, with a sentence that its user reads.

The sentence is kept in the audit, with who said it: where the worker of the call finds it when the
order is lost on its way, and so does a page that calls again because its line broke meanwhile.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from chatbot import audit, store
from chatbot.access import call_for
from chatbot.control import ENDINGS
from chatbot.models import AuditEntry, Call, Conversation, User
from chatbot.opening import Refused
from chatbot.realtime.problems import Problem

MAX_MESSAGE = 300

USUAL = ENDINGS[store.BY_STAFF]


def usual_sentence() -> str:
    """What the user reads where staff have nothing else to say; in the reader's language."""
    return gettext(USUAL.template)


@transaction.atomic
def end_calls(
    conversation: Conversation, message: str, by: User, address: str | None
) -> dict[UUID, Problem]:
    """End what runs in the conversation. Returns what is still to be told to its workers."""
    # What its user reads in their own language is the sentence that staff see in theirs.
    is_usual = message in ("", usual_sentence())
    ended = store.end_calls_by_staff(conversation)
    for call_id in ended:
        audit.write(
            by,
            audit.Action.END_CALL,
            "conversation",
            conversation.pk,
            address=address,
            call=str(call_id),
            message="" if is_usual else message,
        )
    return {call_id: _problem("" if is_usual else message) for call_id in ended}


def renew(call_id: UUID, upstream_sessions: int) -> Problem | None:
    """`store.touch_call`; and what the user is to be told where the call has ended."""
    ended = store.touch_call(call_id, upstream_sessions)
    if ended == store.BY_STAFF:
        return said_by_staff(call_id)
    return ENDINGS[ended] if ended else None


def said_by_staff(call_id: UUID) -> Problem:
    """What the user reads of a call that staff have ended."""
    call = Call.objects.filter(pk=call_id).first()
    ended = AuditEntry.objects.filter(
        action=audit.Action.END_CALL, target_id=str(call.conversation_id if call else "")
    )
    messages = (entry.detail["message"] for entry in ended if entry.detail["call"] == str(call_id))
    return _problem(next(messages, ""))


def refuse_redial(user: User, conversation_id: str | None, lost_id: str | None) -> None:
    """A page whose line broke does not go on with a call that staff have ended.

    Raises:
        Refused: with what staff have said.
    """
    call = call_for(user, conversation_id, lost_id) if lost_id else None
    if call is not None and call.end_reason == store.BY_STAFF:
        raise Refused(said_by_staff(call.pk))


def _problem(message: str) -> Problem:
    return Problem(USUAL.code, message or USUAL.template, USUAL.close_code)
