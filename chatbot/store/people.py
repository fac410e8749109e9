"""What people have chosen."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import CASCADE
from django.db.models.functions import Coalesce
from django.utils import timezone

from chatbot.models import (
    Conversation,
    Preferences,
    User,
)
from chatbot.store.calls import end_calls_of
from chatbot.store.erasure import ERASING, forget_in_admin_log

#: How the accounts are called that belong to people who are gone, or going.
NAMELESS = "erased-"


def save_preferences(user: User, changes: dict[str, Any]) -> None:
    """What the user has chosen for their calls, by the names of `Preferences`."""
    Preferences.objects.update_or_create(user=user, defaults=changes)


def save_language(user: User, language: str) -> None:
    """In which language the user reads our pages."""
    User.objects.filter(pk=user.pk).update(interface_language=language)


@transaction.atomic
def begin_removal(user: User) -> list[UUID]:
    """Take from a user's account at once all that tells whose it is, and claim the conversations
    that are not held; `prune` takes away what is left if nobody else does. Returns the calls that
    this has ended, whose workers are still to be told."""
    row = User.objects.select_for_update().get(pk=user.pk)
    ended = end_calls_of(row)
    own = Conversation.objects.filter(user=row)
    own.filter(is_held=False).update(deleted_at=ERASING)
    own.filter(is_held=True).update(deleted_at=Coalesce("deleted_at", timezone.now()))
    for relation in User._meta.related_objects:
        if relation.on_delete is CASCADE and relation.related_model is not Conversation:
            theirs = {relation.field.name: row.pk}
            relation.related_model._base_manager.filter(**theirs).delete()
    row.groups.clear()
    row.user_permissions.clear()
    nameless = _nameless()
    nameless.pk, nameless.date_joined = row.pk, row.date_joined
    nameless.save()
    forget_in_admin_log(User, [row.pk])
    return ended


@transaction.atomic
def finish_removal(user: User) -> int:
    """Delete the account, or leave it to `prune` while there are conversations still. Held ones
    move to an account of their own. Returns how many."""
    User.objects.select_for_update().filter(pk=user.pk).first()
    own = Conversation.objects.filter(user=user.pk)
    held = own.filter(is_held=True).count()
    if held:
        keeper = _nameless()
        keeper.save()
        held = own.filter(is_held=True).update(user=keeper)
    if not own.exists():
        User.objects.filter(pk=user.pk).delete()
    return held


def _nameless() -> User:
    """An account with which nobody can sign in, and which tells nothing of anybody."""
    account = User(username=f"{NAMELESS}{uuid4().hex[:12]}", is_active=False)
    account.set_unusable_password()
    return account
