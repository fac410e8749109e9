"""What a user does with a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatbot import search
from chatbot.access import DELETED_KEPT
from chatbot.models import Call, Conversation, User
from chatbot.realtime.problems import NOT_FOUND
from chatbot.store.calls import end_running
from chatbot.store.erasure import ERASING


@transaction.atomic
def rename_conversation(conversation: Conversation, title: str) -> None:
    """Give the conversation a name of the user's own."""
    Conversation.objects.filter(pk=conversation.pk).update(title=title)
    search.keep_title(conversation.pk)


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
    """Show a deleted conversation to its user again, unless its time is over."""
    since = timezone.now() - DELETED_KEPT
    Conversation.objects.filter(pk=conversation.pk, deleted_at__gt=since).update(deleted_at=None)


@transaction.atomic
def hold_conversations(keys: Iterable[UUID], *, is_held: bool) -> list[UUID]:
    """Hold these conversations, or release them, but for any that is being erased. Returns those
    that this has changed."""
    others = Conversation.objects.filter(pk__in=keys, is_held=not is_held)
    rows = others.exclude(deleted_at=ERASING).order_by("pk").select_for_update()
    changed = list(rows.values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=changed).update(is_held=is_held)
    return changed
