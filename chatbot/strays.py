"""Files of recordings that no row knows: it could not be written, or they not deleted with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files.storage import Storage

from chatbot.models import Recording
from chatbot.models.recordings import recordings_storage

#: A file is there before its row; after so long no row will come.
STRAY_AFTER = timedelta(days=1)
FILES_AT_ONCE = 500


def stray_files(now: datetime) -> Iterator[list[str]]:
    """The names of all, some at a time."""
    storage = recordings_storage()
    for folder in _listed(storage, "")[0]:
        if folder.startswith("."):
            continue  # the spool
        names = [f"{folder}/{name}" for name in _listed(storage, folder)[1]]
        for start in range(0, len(names), FILES_AT_ONCE):
            strays = _unknown(storage, names[start : start + FILES_AT_ONCE], now - STRAY_AFTER)
            if strays:
                yield strays


def _unknown(storage: Storage, names: list[str], before: datetime) -> list[str]:
    known = set(Recording.objects.filter(file__in=names).values_list("file", flat=True))
    unknown = [name for name in names if name not in known]
    return [name for name in unknown if _written(storage, name, before)]


def _written(storage: Storage, name: str, before: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < before
    except FileNotFoundError:
        return False  # another prune was faster


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        return [], []  # nothing was ever recorded here, or another prune was faster
