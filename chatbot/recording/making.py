"""From a sound in the spool to a recording: encoded, stored, and only then a row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.core.files import File
from django.db import Error as DatabaseError
from django.db import IntegrityError, connections

from chatbot import metrics, store
from chatbot.models import Recording, Turn
from chatbot.models.recordings import recordings_storage
from chatbot.recording.flac import encode
from chatbot.recording.spool import Sound, Spool

log = logging.getLogger(__name__)

#: One thread for each kind of work, so that all of a call stays in order and slow storage holds up
#: neither the disk nor anything else of the worker.
SPOOLING = ThreadPoolExecutor(1, "spool")
_MAKING = ThreadPoolExecutor(1, "recordings")

IsWanted = Callable[[int], bool]


def submit(work: Callable[..., Any], *facts: Any) -> Future[None]:
    """Do this in the thread of all recordings, after what was submitted before."""
    return _MAKING.submit(_do, work, *facts)


def _do(work: Callable[..., Any], *facts: Any) -> None:
    try:
        work(*facts)
    except Exception:
        log.exception("recordings were not made")
    finally:
        connections.close_all()


def settle(spool: Spool, is_wanted: IsWanted) -> None:
    """The call is over: make of the spool what is a turn, and forget the rest. What cannot be
    stored now stays, for `rescue`."""
    made = [make(spool, number, is_wanted) for number in spool.numbers()]
    if all(made):
        spool.remove()
    else:
        spool.close()


def make(spool: Spool, number: int, is_wanted: IsWanted) -> bool:
    """Make a recording of a sound if it is that of a stored turn, and forget the sound. False if
    that cannot be done now: it stays."""
    try:
        sound = spool.sound(number)
        if sound is not None and is_wanted(number):
            _make(spool, sound, is_wanted)
        spool.drop(number)
    except Exception as error:  # whatever ails storage, nobody's call ends of it
        metrics.RECORDINGS_DELAYED.inc()
        log.warning("call %s: a recording waits: %s", spool.folder.name, type(error).__name__)
        return False
    return True


def _make(spool: Spool, sound: Sound, is_wanted: IsWanted) -> None:
    spoken = Turn.objects.filter(conversation__calls=spool.call_id, item_id=sound.item_id)
    turn = spoken.exclude(role=Turn.Role.TOOL).first()
    if turn is None or Recording.objects.filter(turn=turn).exists():
        return
    flac = spool.flac(sound.number)
    duration_ms = encode(sound.pcm, flac)
    if not duration_ms:
        return
    storage = recordings_storage()
    storage.delete(sound.file)  # half of it, if a worker died while it stored it
    with flac.open("rb") as file:
        name = storage.save(sound.file, File(file))
    try:
        if is_wanted(sound.number):
            store.save_recording(turn, name, duration_ms, flac.stat().st_size)
            metrics.RECORDINGS.inc()
        else:
            storage.delete(name)
    except IntegrityError:  # the turn was erased meanwhile
        storage.delete(name)
    except DatabaseError:
        storage.delete(name)
        raise
