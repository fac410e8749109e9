"""What was heard: the sound of turns."""

from __future__ import annotations

from uuid import uuid4

from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.conversations import Turn


def recordings_storage() -> Storage:
    """Where recordings are kept; `STORAGES["recordings"]`."""
    return storages["recordings"]


def path_of(recording: Recording, filename: str) -> str:
    """A path that cannot be guessed, in a folder for each conversation."""
    return f"{recording.turn.conversation_id}/{uuid4().hex}.flac"


class Recording(models.Model):
    """The sound of one turn as FLAC, 24 kHz mono. The row is written after the whole file."""

    turn = models.OneToOneField(
        Turn, on_delete=models.CASCADE, verbose_name=_("turn"), related_name="recording"
    )
    file = models.FileField(
        _("file"), storage=recordings_storage, upload_to=path_of, max_length=200
    )
    duration_ms = models.PositiveIntegerField(_("duration (ms)"))
    size = models.PositiveIntegerField(_("size (bytes)"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.turn}"
