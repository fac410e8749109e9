"""What dead workers have left in the spool: whoever notices makes recordings of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError

from chatbot import store
from chatbot.access import agrees_to_recording
from chatbot.models import Call
from chatbot.recording import spool as spools
from chatbot.recording.making import settle, submit
from chatbot.recording.spool import Spool

log = logging.getLogger(__name__)

#: A page that looks for what is left does so no more often than this.
LOOK_EVERY_S = 10.0

_looked_at = 0.0


def rescue() -> int:
    """Make recordings of what was left, of users who still agree, or forget it. Returns how many
    calls that was of; those of live workers are left alone."""
    found = 0
    for folder in spools.folders():
        spool = Spool.left(folder)
        if spool is not None:
            found += 1
            _rescue(spool)
    return found


def rescue_soon() -> None:
    """The same in a thread, if anything may be left and nobody has looked just now."""
    global _looked_at
    now = time.monotonic()
    if settings.RECORDINGS and now - _looked_at > LOOK_EVERY_S and spools.folders():
        _looked_at = now
        submit(rescue)


def forget_spools(call_ids: Iterable[UUID]) -> None:
    """Leave nothing in the spool of calls that are erased. A call that still runs, and has ended
    in its row, forgets its own: there is no turn to make a recording of."""
    for call_id in call_ids:
        if (spool := Spool.left(spools.root() / str(call_id))) is not None:
            spool.remove()


def _rescue(spool: Spool) -> None:
    try:
        calls = Call.objects.select_related("conversation__user")
        call = calls.filter(pk=spool.call_id).first() if spool.call_id else None
        is_wanted = bool(
            call and settings.RECORDINGS and agrees_to_recording(call.conversation.user_id)
        )
        if call is not None:
            store.end_calls_of_dead_workers(call.conversation.user)
    except DatabaseError as error:
        log.warning("call %s: its recordings wait: %s", spool.folder.name, type(error).__name__)
        spool.close()
        return
    settle(spool, lambda number: is_wanted)
