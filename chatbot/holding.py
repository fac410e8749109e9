"""Holds: what is held is kept, whatever the time limits say and whoever would erase it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from chatbot import audit, store
from chatbot.models import AuditEntry, Conversation, User
from chatbot.reviewing import batches


def hold(conversations: QuerySet[Conversation], by: User | None, address: str | None = None) -> int:
    """Keep these conversations until they are released. Returns how many were not held before."""
    return _set(conversations, by, address, is_held=True)


def release(
    conversations: QuerySet[Conversation], by: User | None, address: str | None = None
) -> int:
    """Let the time limits have these conversations again. Returns how many were held."""
    return _set(conversations, by, address, is_held=False)


def _set(
    conversations: QuerySet[Conversation], by: User | None, address: str | None, *, is_held: bool
) -> int:
    action = AuditEntry.Action.HOLD if is_held else AuditEntry.Action.RELEASE
    count = 0
    for keys in batches(conversations):
        with transaction.atomic():
            changed = store.hold_conversations(keys, is_held=is_held)
            audit.write_each(by, action, "conversation", changed, address=address)
        count += len(changed)
    return count
