"""The admin's own log of what staff did, which names things by `str` of them for good."""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.db.models import F
from django.db.models.functions import Substr

#: Their names have the beginning of their id, and were words that somebody said before that.
KINDS = ("conversation", "fact")
BEGINNING = 8


def forget_words() -> int:
    """Name what is named by words by its id instead; returns how many entries those were."""
    named = LogEntry.objects.filter(
        content_type__app_label="chatbot", content_type__model__in=KINDS
    )
    wordy = named.exclude(object_repr__contains=Substr(F("object_id"), 1, BEGINNING))
    return wordy.update(object_repr=F("object_id"))
