"""Recordings, and who agrees to them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from chatbot.models import Preferences, Recording, Turn, User


@transaction.atomic
def save_recording(turn: Turn, file: str, duration_ms: int, size: int) -> Recording:
    """The sound of a turn is stored, as `file`.

    Raises:
        IntegrityError: the turn is gone, or has one already.
    """
    return Recording.objects.create(turn=turn, file=file, duration_ms=duration_ms, size=size)


@transaction.atomic
def agree_to_recording(user: User, agrees: bool) -> None:
    """Calls of the user's may be recorded, or not any more."""
    row, _ = Preferences.objects.select_for_update().get_or_create(user=user)
    if agrees is (row.recording_agreed_at is None):
        row.recording_agreed_at = timezone.now() if agrees else None
        row.save(update_fields=["recording_agreed_at"])
