"""Every write: calls opened and ended, turns, usage, facts and tokens. Synchronous; one
transaction each."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chatbot.access import conversation_for, persona_for, settings_of, token_for
from chatbot.cost import cost_usd
from chatbot.models import (
    CALL_LEASE,
    ApiToken,
    Call,
    Conversation,
    Fact,
    Persona,
    Preferences,
    Turn,
    Usage,
    User,
)
from chatbot.realtime.api_errors import BAD_TOKEN
from chatbot.realtime.effects import SaveTurn, SaveUsage
from chatbot.realtime.problems import NOT_FOUND, NOT_SIGNED_IN, TAKEN_OVER
from chatbot.realtime.session import SessionSettings
from chatbot.realtime.transcript import CALL_ENDED, NOT_RECOGNISED
from chatbot.realtime.turns import Turn as CallTurn
from chatbot.realtime.turns import heard_part
from chatbot.realtime.usage import used_by

WORKER = f"{socket.gethostname()}:{os.getpid()}"
TITLE_CHARACTERS = 60
MAX_FACTS = 200
MAX_FACT_CHARACTERS = 500
TOKEN_PREFIX = "clq_"  # noqa: S105 - what every token begins with
TOKEN_HINT_CHARACTERS = 8
#: The last use of a token is written at most this often.
TOKEN_USE_WRITTEN = timedelta(minutes=1)

#: Why a call has ended that goes on at its worker.
TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a reason
ACCOUNT_INACTIVE = "account_inactive"
ENDED_ELSEWHERE = "ended_elsewhere"


class FactRefused(Exception):
    """The fact cannot be remembered; the message says why."""


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
    taken_over = _end_running(live.filter(conversation=conversation.pk), TAKEN_OVER, "taken over")
    _close_turns_in_flight(Call.objects.filter(pk__in=taken_over))
    conversation.updated_at = now
    conversation.save()
    call = Call.objects.create(
        conversation=conversation,
        kind=kind,
        token=token,
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
    _close_turns_in_flight(
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
        is_told = row is not None and row.end_reason in (TOKEN_REVOKED, ACCOUNT_INACTIVE)
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
    _close_turns_in_flight(Call.objects.filter(pk=call_id))


def forget_unrecognised(call_id: UUID) -> None:
    """The page goes on with this call: what its end has cut off is said again, and stands there."""
    cut_off = Turn.objects.filter(call=call_id, role=Turn.Role.USER, status=Turn.Status.FAILED)
    cut_off.filter(error=NOT_RECOGNISED).delete()


def play_on(call_id: UUID, item_id: str) -> None:
    """The page has all of this answer, and plays it to its end though its call was lost."""
    answer = Turn.objects.filter(call=call_id, role=Turn.Role.ASSISTANT, item_id=item_id)
    answer.filter(status=Turn.Status.INTERRUPTED).update(
        status=Turn.Status.COMPLETED, heard_text=None, heard_ms=None
    )


def hear(call_id: UUID, item_id: str, heard_ms: int, audio_ms: int) -> None:
    """The page had heard more of this answer when its call was lost than it could say there."""
    answers = Turn.objects.filter(call=call_id, role=Turn.Role.ASSISTANT, item_id=item_id)
    answer = answers.filter(status=Turn.Status.INTERRUPTED, heard_ms__lt=heard_ms).first()
    if answer is None:
        return
    heard_text = heard_part(answer.text, heard_ms, audio_ms)
    answer.heard_ms = heard_ms
    answer.heard_text = max(heard_text, answer.heard_text or "", key=len)
    answer.save(update_fields=["heard_ms", "heard_text"])


def _close_turns_in_flight(calls: QuerySet[Call]) -> None:
    """What was being said or done in calls that are over was cut there. A worker that lives after
    all writes its turns as they were."""
    open_turns = Turn.objects.filter(call__in=calls, status=Turn.Status.IN_PROGRESS)
    open_turns.filter(role=Turn.Role.TOOL).update(error=CALL_ENDED)
    open_turns.update(status=Turn.Status.INTERRUPTED, ended_at=timezone.now())


@transaction.atomic
def save_turn(call: Call, saved: SaveTurn) -> None:
    """Write a turn, again if it was written before: same conversation and item, same row."""
    turn = saved.turn
    row = Turn(
        conversation_id=call.conversation_id,
        call=call,
        position=saved.position,
        **_columns(turn),
    )
    Turn.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["conversation", "item_id"],
        update_fields=[
            "position", "modality", "status", "text", "heard_text", "heard_ms", "error",
            "first_audio_at", "ended_at", "latency_ms", "tool_name", "tool_arguments",
        ],
    )  # fmt: skip
    conversation = Conversation.objects.filter(pk=call.conversation_id)
    conversation.update(updated_at=timezone.now())
    if turn.role == "user" and turn.text:
        conversation.filter(title="").update(title=title_from(turn.text))


def rename_conversation(conversation: Conversation, title: str) -> None:
    """Give the conversation a name of the user's own."""
    Conversation.objects.filter(pk=conversation.pk).update(title=title)


@transaction.atomic
def delete_conversation(conversation: Conversation) -> list[UUID]:
    """Hide the conversation from its user, who may have it back for a while. Returns the calls
    that this has ended, whose workers are still to be told."""
    User.objects.select_for_update().get(pk=conversation.user_id)
    now = timezone.now()
    Conversation.objects.filter(pk=conversation.pk, deleted_at=None).update(deleted_at=now)
    calls = Call.objects.filter(conversation=conversation)
    return _end_running(calls, NOT_FOUND, "conversation deleted")


def restore_conversation(conversation: Conversation) -> None:
    """Show a deleted conversation to its user again."""
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=None)


def save_preferences(user: User, changes: dict[str, Any]) -> None:
    """What the user has chosen for their calls, by the names of `Preferences`."""
    Preferences.objects.update_or_create(user=user, defaults=changes)


@transaction.atomic
def save_persona(persona: Persona) -> None:
    """Keep what staff made of a persona; a new default takes the place of the old one."""
    if persona.is_default:
        Persona.objects.exclude(pk=persona.pk).filter(is_default=True).update(is_default=False)
    persona.save()


def save_language(user: User, language: str) -> None:
    """In which language the user reads our pages."""
    User.objects.filter(pk=user.pk).update(interface_language=language)


def save_usage(call: Call, model: str, saved: SaveUsage) -> None:
    """Count what a response or a transcription used, and what it costs today; counting it twice
    changes nothing."""
    used = used_by(saved.kind, saved.usage)
    now = timezone.now()
    columns = asdict(used)
    del columns["is_split"]
    Usage.objects.get_or_create(
        call=call,
        kind=saved.kind,
        source_id=saved.source_id,
        defaults={
            **columns,
            "model": model,
            "cost_usd": cost_usd(model, used, now.astimezone(UTC).date()),
            "created_at": now,
        },
    )


@transaction.atomic
def remember_fact(user: User, text: str, conversation_id: UUID | None) -> None:
    """Remember a fact of the user's; what is remembered already is not doubled.

    Raises:
        FactRefused: it has no words or too many, or there are as many facts as can be kept.
    """
    text = " ".join(text.split())
    if not 0 < len(text) <= MAX_FACT_CHARACTERS:
        raise FactRefused(f"A fact has 1 to {MAX_FACT_CHARACTERS} characters.")
    User.objects.select_for_update().get(pk=user.pk)
    facts = Fact.objects.filter(user=user)
    if facts.count() >= MAX_FACTS and not facts.filter(text=text).exists():
        raise FactRefused(f"There are {MAX_FACTS} facts already; forget one first.")
    facts.get_or_create(user=user, text=text, defaults={"conversation_id": conversation_id})


def forget_fact(user: User, text: str) -> bool:
    """Forget the user's fact with these words, in whatever case; whether there was one."""
    count, _ = Fact.objects.filter(user=user, text__iexact=" ".join(text.split())).delete()
    return count > 0


def delete_fact(fact: Fact) -> None:
    """Forget a fact for good."""
    fact.delete()


def create_token(user: User, name: str) -> str:
    """A new API token of the user's. It is returned this once; only its SHA-256 is kept.

    Raises:
        ValueError: the name is empty or too long.
    """
    longest = ApiToken._meta.get_field("name").max_length or 0
    if not 0 < len(name.strip()) <= longest:
        raise ValueError(f"The name of a token has 1 to {longest} characters.")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        name=name.strip(),
        digest=digest_of(token),
        hint=token[:TOKEN_HINT_CHARACTERS],
    )
    return token


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def use_token(token: str) -> ApiToken | None:
    """The row of a token with its user, if it is in force; it was used now."""
    row = token_for(digest_of(token))
    if row is None:
        return None
    now = timezone.now()
    unwritten = Q(last_used_at=None) | Q(last_used_at__lt=now - TOKEN_USE_WRITTEN)
    ApiToken.objects.filter(unwritten, pk=row.pk).update(last_used_at=now)
    return row


@transaction.atomic
def revoke_tokens(tokens: Iterable[ApiToken]) -> tuple[int, list[UUID]]:
    """These tokens open no more calls. Returns how many were in force, and the calls that this has
    ended, whose workers are still to be told."""
    keys = [token.pk for token in tokens]
    in_force = ApiToken.objects.filter(pk__in=keys, revoked_at=None)
    count = in_force.update(revoked_at=timezone.now())
    return count, _end_running(Call.objects.filter(token__in=keys), BAD_TOKEN, TOKEN_REVOKED)


def end_calls_of(user: User) -> list[UUID]:
    """The user may not sign in any more. Returns the calls that this has ended, whose workers are
    still to be told."""
    calls = Call.objects.filter(conversation__user=user)
    return _end_running(calls, NOT_SIGNED_IN, ACCOUNT_INACTIVE)


def _end_running(calls: QuerySet[Call], code: int, reason: str) -> list[UUID]:
    running = list(calls.filter(ended_at=None).values_list("pk", flat=True))
    Call.objects.filter(pk__in=running).update(
        ended_at=timezone.now(), close_code=code, end_reason=reason
    )
    return running


def title_from(text: str) -> str:
    """The first words of a conversation, as its name."""
    line = " ".join(text.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"


def _columns(turn: CallTurn) -> dict[str, Any]:
    """PostgreSQL takes no NUL in a text, which a tool's result may well hold."""
    columns = {
        "item_id": turn.item_id,
        "role": turn.role,
        "modality": turn.modality,
        "status": turn.status,
        "text": turn.text,
        "heard_text": turn.heard_text,
        "heard_ms": turn.heard_ms,
        "error": turn.error,
        "started_at": datetime.fromtimestamp(turn.started_at, UTC),
        "first_audio_at": _moment(turn.first_audio_at),
        "ended_at": _moment(turn.ended_at),
        "latency_ms": turn.latency_ms,
        "tool_name": turn.tool_name,
        "tool_arguments": turn.tool_arguments,
    }
    return {
        name: value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
        for name, value in columns.items()
    }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
