"""What people have chosen."""

from __future__ import annotations

from typing import Any

from chatbot.models import (
    Preferences,
    User,
)


def save_preferences(user: User, changes: dict[str, Any]) -> None:
    """What the user has chosen for their calls, by the names of `Preferences`."""
    Preferences.objects.update_or_create(user=user, defaults=changes)


def save_language(user: User, language: str) -> None:
    """In which language the user reads our pages."""
    User.objects.filter(pk=user.pk).update(interface_language=language)
