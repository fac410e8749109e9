"""What people have chosen."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from chatbot.models import (
    Conversation,
    Preferences,
    User,
)
from chatbot.store.calls import end_calls_of
from chatbot.store.erasure import forget_in_admin_log

#: What the accounts are called that own what is held of people who are gone.
NAMELESS = "erased-"


def save_preferences(user: User, changes: dict[str, Any]) -> None:
    """What the user has chosen for their calls, by the names of `Preferences`."""
    Preferences.objects.update_or_create(user=user, defaults=changes)


def save_language(user: User, language: str) -> None:
    """In which language the user reads our pages."""
    User.objects.filter(pk=user.pk).update(interface_language=language)


@transaction.atomic
def deactivate_user(user: User) -> list[UUID]:
    """The user may not sign in any more. Returns the calls that this has ended, whose workers are
    still to be told."""
    User.objects.select_for_update().get(pk=user.pk)
    User.objects.filter(pk=user.pk).update(is_active=False)
    return end_calls_of(user)


@transaction.atomic
def remove_user(user: User) -> tuple[bool, int]:
    """Delete a user who has no conversations any more but held ones, which stay, hidden. Returns
    whether the user is gone, and how many are held."""
    User.objects.select_for_update().filter(pk=user.pk).first()
    own = Conversation.objects.filter(user=user)
    held = own.filter(is_held=True).count()
    if held:
        nameless = User(username=f"{NAMELESS}{uuid4().hex[:12]}", is_active=False)
        nameless.set_unusable_password()
        nameless.save()
        hidden = Coalesce("deleted_at", timezone.now())
        held = own.filter(is_held=True).update(user=nameless, deleted_at=hidden)
    if own.exists():
        return False, held
    forget_in_admin_log(User, [user.pk])
    User.objects.filter(pk=user.pk).delete()
    return True, held
