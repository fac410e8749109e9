"""What a user does with a conversation."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatbot.models import (
    Call,
    Conversation,
    User,
)
from chatbot.realtime.problems import NOT_FOUND
from chatbot.store.calls import end_running


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
    return end_running(calls, NOT_FOUND, "conversation deleted")


def restore_conversation(conversation: Conversation) -> None:
    """Show a deleted conversation to its user again."""
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=None)
