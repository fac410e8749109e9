"""A conversation as JSON, by the schema of docs/export.schema.json, in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from chatbot import usage
from chatbot.exports.names import recording_of
from chatbot.exports.reading import Piece
from chatbot.models import Call, Conversation, Review, Turn

#: Of the schema. A higher number may change what is there; new keys alone change no number.
VERSION = 1

#: JSON allows them in a string, but some readers of JSON Lines take them for the end of a line.
_LINE_ENDS = {sign: f"\\u{ord(sign):04x}" for sign in "\u0085\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class JsonWriter:
    """Makes pieces into one document. Staff may lack the right to see words or cost."""

    is_indented: bool = True
    with_words: bool = True
    with_files: bool = False
    for_staff: bool = False
    with_cost: bool = False

    def write(self, piece: Piece) -> str:
        """The pieces of a conversation in order make a whole document."""
        line = "\n" if self.is_indented else ""
        text = self._begin(piece) if piece.is_first else ""
        turns = [self._value(self.turn(turn)) for turn in piece.turns]
        if turns:
            comma = "" if piece.is_first else ","
            text += comma + line + f",{line}".join(turns)
        return text + f"{line}]}}\n" if piece.is_last else text

    def _begin(self, piece: Piece) -> str:
        head = self._value(
            {
                "format": "colloquy-conversation",
                "version": VERSION,
                "exported_at": moment(timezone.now()),
                "conversation": self.conversation(piece.conversation),
                "calls": [call_of(call) for call in piece.calls],
            }
        )
        return head[:-1] + (',\n"turns": [' if self.is_indented else ', "turns": [')

    def _value(self, value: Any) -> str:
        text = json.dumps(value, ensure_ascii=False)
        for sign, code in _LINE_ENDS.items():
            text = text.replace(sign, code)
        return text

    def conversation(self, conversation: Conversation) -> dict[str, Any]:
        persona = conversation.persona
        facts = {
            "id": str(conversation.pk),
            "title": conversation.title,
            "persona": {"slug": persona.slug, "name": persona.name},
            "started_at": moment(conversation.created_at),
            "updated_at": moment(conversation.updated_at),
            "deleted_at": moment(conversation.deleted_at),
            "turn_count": conversation.turn_count,
            "has_failures": conversation.has_failures,
        }
        if not self.with_words:
            del facts["title"]
        if self.for_staff:
            facts["user"] = conversation.user.get_username()
            facts["review"] = review_of(conversation)
        if self.with_cost:
            facts["cost"] = cost_of(conversation)
        return facts

    def turn(self, turn: Turn) -> dict[str, Any]:
        said = {
            "id": turn.item_id,
            "call": str(turn.call_id) if turn.call_id else None,
            "position": turn.position,
            "role": turn.role,
            "modality": turn.modality,
            "status": turn.status,
            "text": turn.text,
            "heard_text": turn.heard_text,
            "heard_ms": turn.heard_ms,
            "error": turn.error,
            "started_at": moment(turn.started_at),
            "first_audio_at": moment(turn.first_audio_at),
            "ended_at": moment(turn.ended_at),
            "latency_ms": turn.latency_ms,
            "tool": self._tool(turn),
            "recording": self._recording(turn),
        }
        if not self.with_words:
            del said["text"], said["heard_text"]
        return said

    def _tool(self, turn: Turn) -> dict[str, str] | None:
        if turn.role != Turn.Role.TOOL:
            return None
        if not self.with_words:
            return {"name": turn.tool_name}
        return {"name": turn.tool_name, "arguments": turn.tool_arguments}

    def _recording(self, turn: Turn) -> dict[str, Any] | None:
        recording = getattr(turn, "recording", None)
        if recording is None:
            return None
        facts = {"duration_ms": recording.duration_ms, "size": recording.size}
        return {**facts, "file": recording_of(turn)} if self.with_files else facts


def call_of(call: Call) -> dict[str, Any]:
    version = call.persona_version
    return {
        "id": str(call.pk),
        "kind": call.kind,
        "started_at": moment(call.started_at),
        "ended_at": moment(call.ended_at),
        "close_code": call.close_code,
        "end_reason": call.end_reason,
        "persona_version": version.number if version else None,
    }


def review_of(conversation: Conversation) -> dict[str, Any]:
    """What staff made of it; their notes stay with them."""
    review: Review | None = getattr(conversation, "review", None)
    if review is None:
        return {
            "state": Review.State.UNREVIEWED.value,
            "reviewer": None,
            "rating": None,
            "is_flagged": False,
            "tags": [],
        }
    reviewer = review.reviewer
    return {
        "state": review.state,
        "reviewer": reviewer.get_username() if reviewer else None,
        "rating": review.rating,
        "is_flagged": review.is_flagged,
        "tags": [tag.name for tag in review.tags.all()],
    }


def cost_of(conversation: Conversation) -> dict[str, Any]:
    """What is known of its cost, and of how many responses and transcriptions it is not known."""
    return {
        "usd": plain(getattr(conversation, "known_usd", usage.NOTHING)),
        "unknown": getattr(conversation, "unknown_costs", 0),
    }


def moment(at: datetime | None) -> str | None:
    """As `iso`; None stays None."""
    return None if at is None else iso(at)


def iso(at: datetime) -> str:
    """ISO 8601, in UTC."""
    return at.isoformat().replace("+00:00", "Z")


def plain(amount: Decimal) -> str:
    """An amount with all its digits, and no more."""
    return format(amount.normalize(), "f")


def dumped(value: Any) -> str:
    """A whole document that is short."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def joined(writer: JsonWriter, pieces: Iterable[Piece]) -> str:
    """Several pieces at once."""
    return "".join(writer.write(piece) for piece in pieces)
