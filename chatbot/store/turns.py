"""Turns, as they are said and heard, and what a conversation knows of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from chatbot import search
from chatbot.models import Call, Conversation, Turn
from chatbot.realtime.effects import SaveTurn
from chatbot.realtime.transcript import CALL_ENDED, NOT_RECOGNISED
from chatbot.realtime.turns import Turn as CallTurn
from chatbot.realtime.turns import heard_part

TITLE_CHARACTERS = 60


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
    recount(conversation, updated_at=timezone.now())
    if turn.status != "in_progress":
        search.keep_turn(row)
    untitled = conversation.filter(title="")
    if turn.role == "user" and turn.text and untitled.update(title=title_from(turn.text)):
        search.keep_title(call.conversation_id)


def forget_unrecognised(call_id: UUID) -> None:
    """The page goes on with this call: what its end has cut off is said again, and stands there."""
    cut_off = Turn.objects.filter(call=call_id, role=Turn.Role.USER, status=Turn.Status.FAILED)
    if cut_off.filter(error=NOT_RECOGNISED).delete()[0]:
        recount(Conversation.objects.filter(calls=call_id))


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


@transaction.atomic
def close_turns_in_flight(calls: QuerySet[Call]) -> None:
    """What was being said or done in calls that are over was cut there. A worker that lives after
    all writes its turns as they were."""
    open_turns = Turn.objects.filter(call__in=calls, status=Turn.Status.IN_PROGRESS)
    open_turns.filter(role=Turn.Role.TOOL).update(error=CALL_ENDED)
    cut = list(open_turns.select_for_update().values_list("pk", flat=True))
    turns = Turn.objects.filter(pk__in=cut)
    turns.update(status=Turn.Status.INTERRUPTED, ended_at=timezone.now())
    conversations = Conversation.objects.filter(turns__in=turns).order_by("pk")
    list(conversations.select_for_update(of=("self",)).values_list("pk"))
    for turn in turns:
        search.keep_turn(turn)


def recount(conversations: QuerySet[Conversation], **changes: Any) -> None:
    """Write what the conversations hold, and these changes with it."""
    turns = Turn.objects.filter(conversation=OuterRef("pk")).order_by()
    count = turns.values("conversation").annotate(count=Count("pk")).values("count")
    failed = Exists(turns.filter(status=Turn.Status.FAILED))
    conversations.update(turn_count=Coalesce(Subquery(count), 0), has_failures=failed, **changes)


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
