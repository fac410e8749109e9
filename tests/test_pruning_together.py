"""Any number of prunes may run at once, beside all else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from chatbot import pruning
from chatbot.models import Conversation, User
from chatbot.store import erasure
from tests.people import alices_talk

T = TypeVar("T")

LIMIT_S = 30.0

pytestmark = pytest.mark.usefixtures("emptied_audit", "own_folder")


def in_thread(pool: ThreadPoolExecutor, do: Callable[[], T]) -> Future[T]:
    """Do it with a connection of its own."""

    def whole() -> T:
        try:
            return do()
        finally:
            connection.close()

    return pool.submit(whole)


@contextmanager
def held_by_another() -> Iterator[None]:
    """All conversations' rows are locked in another's transaction."""
    is_locked, may_end = threading.Event(), threading.Event()

    def lock() -> None:
        with transaction.atomic():
            assert list(Conversation.objects.select_for_update())
            is_locked.set()
            assert may_end.wait(LIMIT_S)

    with ThreadPoolExecutor() as pool:
        done = in_thread(pool, lock)
        try:
            assert is_locked.wait(LIMIT_S)
            yield
        finally:
            may_end.set()
            done.result(LIMIT_S)


def test_what_another_has_in_its_hands_is_not_waited_for(alice: User) -> None:
    talk = alices_talk(alice)
    erasure.claim_for_erasure(Conversation.objects.all())
    with held_by_another():
        assert erasure.remove_claimed([talk.pk]) == erasure.Removed(is_done=True)
    assert erasure.remove_claimed([talk.pk]).rows["conversations"] == 1


@pytest.mark.every_database
def test_what_two_remove_is_counted_once(alice: User, settings: Settings) -> None:
    settings.TRANSCRIPTS_KEPT_DAYS = 1
    for _ in range(60):
        alices_talk(alice)
    tomorrow = timezone.now() + timedelta(days=2)
    with ThreadPoolExecutor() as pool:
        both = [in_thread(pool, lambda: pruning.prune(tomorrow)) for _ in range(2)]
        counts = [one.result(LIMIT_S) for one in both]
    assert sum(one["conversations"] for one in counts) == 60
    assert sum(one["turns"] for one in counts) == 180
    assert not Conversation.objects.exists()
