"""Calls, opened and ended."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chatbot.access import conversation_for, persona_for, settings_of
from chatbot.models import (
    CALL_LEASE,
    ApiToken,
    Call,
    Conversation,
    Turn,
    User,
)
from chatbot.realtime.problems import ENDED_BY_STAFF, NOT_SIGNED_IN, TAKEN_OVER
from chatbot.realtime.session import SessionSettings
from chatbot.store.personas import version_of
from chatbot.store.turns import close_turns_in_flight

WORKER = f"{socket.gethostname()}:{os.getpid()}"

#: Why a call has ended that goes on at its worker.
TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a reason
ACCOUNT_INACTIVE = "account_inactive"
ENDED_ELSEWHERE = "ended_elsewhere"
BY_STAFF = "ended_by_staff"


class LimitReached(Exception):
    """The user has as many calls at once as allowed; `limit` says how many that is."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} calls at once")
        self.limit = limit


@dataclass(frozen=True)
class OpenedCall:
    """A call that has begun; `taken_over` are the calls it ended in the same conversation."""

    call: Call
    conversation: Conversation
    settings: SessionSettings
    turns: list[Turn]
    taken_over: list[UUID]

    @property
    def next_position(self) -> int:
        """Where the next turn stands."""
        return max((turn.position + 1 for turn in self.turns), default=0)


@transaction.atomic
def open_call(
    user: User,
    *,
    conversation_id: str | None,
    persona_slug: str | None,
    limit: int,
    kind: str = Call.Kind.PAGE,
    token: ApiToken | None = None,
) -> OpenedCall:
    """Begin a call in a conversation of the user's, or in a new one without an id. It lasts no
    longer than the `token` it came by is in force.

    Raises:
        Conversation.DoesNotExist, Persona.DoesNotExist: not there, or not the user's.
        LimitReached: `limit` calls of the user's are live in other conversations.
    """
    User.objects.select_for_update().get(pk=user.pk)
    end_calls_of_dead_workers(user)
    if conversation_id:
        conversation = conversation_for(user, conversation_id)
        conversation.user = user
    else:
        conversation = Conversation(user=user, persona=persona_for(user, persona_slug))
    now = timezone.now()
    live = Call.objects.filter(
        conversation__user=user, ended_at=None, last_seen_at__gt=now - CALL_LEASE
    )
    if live.exclude(conversation=conversation.pk).count() >= limit:
        raise LimitReached(limit)
    taken_over = end_running(live.filter(conversation=conversation.pk), TAKEN_OVER, "taken over")
    close_turns_in_flight(Call.objects.filter(pk__in=taken_over))
    conversation.updated_at = now
    if conversation_id:  # staff may hold it, and its title be written, meanwhile
        conversation.save(update_fields=["updated_at"])
    else:
        conversation.save()
    call = Call.objects.create(
        conversation=conversation,
        kind=kind,
        token=token,
        persona_version=version_of(conversation.persona),
        worker=WORKER,
        started_at=now,
        last_seen_at=now,
    )
    turns = list(conversation.turns.all())
    return OpenedCall(call, conversation, settings_of(call), turns, taken_over)


def end_calls_of_dead_workers(user: User) -> None:
    """End the user's calls whose worker was on this host and is no more: nobody else will. Of
    those that no worker on any host has renewed, the turns in flight are closed."""
    here = f"{socket.gethostname()}:"
    for call in Call.objects.filter(
        conversation__user=user, ended_at=None, worker__startswith=here
    ):
        if not _is_running(int(call.worker.removeprefix(here))):
            end_call(call.pk, 1011, "worker died", call.upstream_sessions)
    lapsed = timezone.now() - CALL_LEASE
    close_turns_in_flight(
        Call.objects.filter(conversation__user=user, ended_at=None, last_seen_at__lt=lapsed)
    )


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's process, but one
    return True


def touch_call(call_id: UUID, upstream_sessions: int) -> str:
    """The call is alive, and has had so many sessions of the upstream: renew its lease. "" if it
    goes on, else why not: its row has ended, its user may not sign in, or its token is not in
    force (see `control.ENDINGS`)."""
    call = Call.objects.filter(pk=call_id, ended_at=None)
    facts = call.values_list("token__revoked_at", "conversation__user__is_active").first()
    if facts is None:
        row = Call.objects.filter(pk=call_id).first()
        told = (TOKEN_REVOKED, ACCOUNT_INACTIVE, BY_STAFF)
        is_told = row is not None and row.end_reason in told
        return row.end_reason if row is not None and is_told else ENDED_ELSEWHERE
    revoked_at, is_active = facts
    if revoked_at is None and is_active:
        call.update(last_seen_at=timezone.now(), upstream_sessions=upstream_sessions)
        return ""
    return TOKEN_REVOKED if is_active else ACCOUNT_INACTIVE


def end_call(call_id: UUID, code: int, reason: str, upstream_sessions: int = 0) -> None:
    """The call is over, after so many sessions of the upstream; the first to say so is right."""
    now = timezone.now()
    Call.objects.filter(pk=call_id).update(upstream_sessions=upstream_sessions)
    Call.objects.filter(pk=call_id, ended_at=None).update(
        ended_at=now, last_seen_at=now, close_code=code, end_reason=reason[:200]
    )
    close_turns_in_flight(Call.objects.filter(pk=call_id))


def end_calls_of(user: User) -> list[UUID]:
    """The user may not sign in any more. Returns the calls that this has ended, whose workers are
    still to be told."""
    calls = Call.objects.filter(conversation__user=user)
    return end_running(calls, NOT_SIGNED_IN, ACCOUNT_INACTIVE)


def end_calls_by_staff(conversation: Conversation) -> list[UUID]:
    """Staff end what runs in the conversation. Returns the calls that this has ended, whose
    workers are still to be told."""
    calls = Call.objects.filter(conversation=conversation)
    return end_running(calls, ENDED_BY_STAFF, BY_STAFF)


def end_running(calls: QuerySet[Call], code: int, reason: str) -> list[UUID]:
    running = list(calls.filter(ended_at=None).values_list("pk", flat=True))
    Call.objects.filter(pk__in=running).update(
        ended_at=timezone.now(), close_code=code, end_reason=reason
    )
    return running
