"""Many conversations as a table: a row a turn, with the columns of its conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from chatbot.exports.document import review_of
from chatbot.exports.reading import OnRead, Piece, pieces_of_all
from chatbot.models import Conversation, Turn

Cell = str | int | Decimal | datetime | bool | None
Row = list[Cell]

#: What is made of a user's words, and may be seen by who may read them.
WORDS = frozenset({"title", "text", "heard_text", "tool_arguments"})
COST = frozenset({"cost_usd", "costs_unknown"})
OF_CONVERSATIONS = (
    "conversation", "title", "user", "persona", "conversation_started_at", "turn_count",
    "review_state", "reviewer", "rating", "is_flagged", "tags", "cost_usd", "costs_unknown",
)  # fmt: skip
OF_TURNS = (
    "position", "role", "modality", "status", "started_at", "ended_at", "latency_ms", "text",
    "heard_text", "heard_ms", "tool_name", "tool_arguments", "error", "recording_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What whoever exports may see."""

    words: bool
    cost: bool

    def columns(self, names: tuple[str, ...]) -> list[str]:
        hidden = (frozenset() if self.words else WORDS) | (frozenset() if self.cost else COST)
        return [name for name in names if name not in hidden]

    @property
    def header(self) -> list[str]:
        return self.columns(OF_CONVERSATIONS) + self.columns(OF_TURNS)


async def rows_of(
    conversations: QuerySet[Conversation], seen: Seen, on_read: OnRead | None
) -> AsyncIterator[list[Row]]:
    """The rows in batches. A conversation without a turn has one row."""
    batches = pieces_of_all(conversations, with_cost=seen.cost, with_calls=False, on_read=on_read)
    async for batch in batches:
        yield [row for piece in batch for row in _rows(piece, seen)]


def _rows(piece: Piece, seen: Seen) -> list[Row]:
    """The cost stands in the first row of a conversation alone, so that a sum is right."""
    names = seen.columns(OF_CONVERSATIONS)
    facts = _of_conversation(piece.conversation)
    head: Row = [facts[name] for name in names]
    others: Row = [None if name in COST else facts[name] for name in names]
    columns = seen.columns(OF_TURNS)
    if not piece.turns:
        return [head + [None] * len(columns)]
    rows = []
    for number, turn in enumerate(piece.turns):
        said = _of_turn(turn)
        start = head if piece.is_first and number == 0 else others
        rows.append(start + [said[name] for name in columns])
    return rows


def _of_conversation(conversation: Conversation) -> dict[str, Cell]:
    review = review_of(conversation)
    return {
        "conversation": str(conversation.pk),
        "title": conversation.title,
        "user": conversation.user.get_username(),
        "persona": conversation.persona.name,
        "conversation_started_at": conversation.created_at,
        "turn_count": conversation.turn_count,
        "review_state": review["state"],
        "reviewer": review["reviewer"],
        "rating": review["rating"],
        "is_flagged": review["is_flagged"],
        "tags": ", ".join(review["tags"]),
        "cost_usd": getattr(conversation, "known_usd", None),
        "costs_unknown": getattr(conversation, "unknown_costs", None),
    }


def _of_turn(turn: Turn) -> dict[str, Cell]:
    recording = getattr(turn, "recording", None)
    return {
        "position": turn.position,
        "role": turn.role,
        "modality": turn.modality,
        "status": turn.status,
        "started_at": turn.started_at,
        "ended_at": turn.ended_at,
        "latency_ms": turn.latency_ms,
        "text": turn.text,
        "heard_text": turn.heard_text,
        "heard_ms": turn.heard_ms,
        "tool_name": turn.tool_name,
        "tool_arguments": turn.tool_arguments,
        "error": turn.error,
        "recording_ms": recording.duration_ms if recording else None,
    }
