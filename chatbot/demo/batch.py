"""The rows of some hundred conversations, ready to be written together."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import models

from chatbot.demo.bulk import Bulk, Rows
from chatbot.models import Call, CallEvent, Conversation, Note, Passage, Review, Turn, Usage

COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    Conversation: (
        "id", "user_id", "persona_id", "title", "created_at", "updated_at", "deleted_at",
        "turn_count", "has_failures", "is_held",
    ),
    Call: (
        "id", "conversation_id", "kind", "token_id", "persona_version_id", "upstream_sessions",
        "worker", "started_at", "last_seen_at", "ended_at", "close_code", "end_reason",
    ),
    Turn: (
        "id", "conversation_id", "call_id", "item_id", "position", "role", "modality", "status",
        "text", "heard_text", "heard_ms", "error", "started_at", "first_audio_at", "ended_at",
        "latency_ms", "tool_name", "tool_arguments",
    ),
    Passage: ("conversation_id", "turn_id", "words"),
    Usage: (
        "call_id", "persona_id", "kind", "source_id", "model", "text_input_tokens",
        "audio_input_tokens", "cached_text_tokens", "cached_audio_tokens", "image_input_tokens",
        "cached_image_tokens", "text_output_tokens", "audio_output_tokens", "audio_seconds",
        "cost_usd", "created_at",
    ),
    Review: (
        "id", "conversation_id", "state", "reviewer_id", "rating", "is_flagged", "updated_at",
    ),
    Review.tags.through: ("review_id", "tag_id"),
    Note: ("review_id", "author_id", "text", "created_at"),
    CallEvent: ("call_id", "at", "source", "kind", "count", "size", "body"),
}  # fmt: skip


@dataclass(slots=True)
class Batch:
    """Rows by model, as values of `COLUMNS`; models in the order in which they refer to others."""

    rows: dict[type[models.Model], Rows] = field(
        default_factory=lambda: {model: [] for model in COLUMNS}
    )

    def write(self, bulk: Bulk) -> None:
        """All of it."""
        for model, rows in self.rows.items():
            if rows:
                bulk.insert(model, COLUMNS[model], rows)

    def count(self) -> dict[str, int]:
        """How many rows of each model, by its name in the plural."""
        return {
            str(model._meta.verbose_name_plural): len(rows) for model, rows in self.rows.items()
        }
