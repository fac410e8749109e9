"""What SQLite keeps of rows that are gone: in its index of words, in free parts of its pages and in
its log. PostgreSQL sees to that by itself, at its next VACUUM."""

from __future__ import annotations

import logging
from pathlib import Path

from django.db import DatabaseError, connection

log = logging.getLogger(__name__)

#: Larger files are written anew by `prune` alone: nobody else writes meanwhile, for about a second
#: in each 100 MB.
LARGEST_AT_ONCE = 200 * 1024 * 1024
#: Pages of the index of words that one step merges.
MERGED_AT_ONCE = 64


def scrub(*, is_patient: bool = False) -> bool:
    """Leave no byte of what was deleted before in the file of SQLite. False where that is left to
    the next `prune`, which `is_patient`."""
    if connection.vendor != "sqlite":
        return True
    path = Path(str(connection.settings_dict["NAME"]))
    if not is_patient and path.exists() and path.stat().st_size > LARGEST_AT_ONCE:
        return False
    try:
        _merge_words()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, *_ = cursor.fetchone()
    except DatabaseError as error:
        log.warning("the database is not scrubbed: %s", error)
        return False
    return not is_busy


def _merge_words() -> None:
    """Merge the index of words to one part, by and by, by which it forgets what was deleted."""
    pages = -MERGED_AT_ONCE  # negative: all parts take part
    while True:
        before = _changes()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO chatbot_passage_words(chatbot_passage_words, rank) "
                "VALUES('merge', %s)",
                [pages],
            )
        if _changes() - before < 2:
            return
        pages = MERGED_AT_ONCE


def _changes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT total_changes()")
        return int(cursor.fetchone()[0])
