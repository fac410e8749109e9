"""What is kept no longer than the settings say, and what is kept all the same."""

from __future__ import annotations

import json
import logging
import os
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from chatbot import audit, erasing, holding, pruning, scrubbing, store
from chatbot.models import (
    AuditEntry,
    AuditPruning,
    Call,
    CallEvent,
    Conversation,
    Recording,
    Turn,
    Usage,
    User,
)
from chatbot.store import erasure
from tests.people import alices_talk

pytestmark = [
    pytest.mark.every_database,
    pytest.mark.usefixtures("emptied_audit", "own_folder"),
]


@pytest.fixture(autouse=True)
def days(settings: Settings) -> None:
    settings.TRANSCRIPTS_KEPT_DAYS = 100
    settings.RECORDINGS_KEPT_DAYS = 50
    settings.EVENTS_KEPT_DAYS = 7
    settings.AUDIT_KEPT_DAYS = 300


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def talk_of(user: User, days: float, title: str = "Talk") -> Conversation:
    """A conversation that ended so many days ago, with an event and a recording of that day."""
    talk = alices_talk(user, title)
    Conversation.objects.filter(pk=talk.pk).update(created_at=ago(days), updated_at=ago(days))
    CallEvent.objects.create(call=talk.calls.get(), source="call", kind="x", at=ago(days))
    turn = talk.turns.first()
    assert turn is not None
    recording = Recording(turn=turn, duration_ms=1, size=4, created_at=ago(days))
    recording.file.save("x.flac", ContentFile(b"fLaC"))
    return talk


def titles() -> set[str]:
    return set(Conversation.objects.values_list("title", flat=True))


def counted(counts: pruning.Counts) -> dict[str, int]:
    return {kind: count for kind, count in counts.items() if count}


def test_what_is_too_old_goes_and_the_rest_stays(alice: User) -> None:
    for days in (101, 99, 51, 49, 8, 6):
        talk_of(alice, days, str(days))
    before = pruning.count()
    assert before == pruning.prune()
    assert counted(before) == {"conversations": 1, "turns": 3, "recordings": 3, "events": 5}
    assert titles() == {"99", "51", "49", "8", "6"}
    assert Recording.objects.count() == 3
    assert CallEvent.objects.count() == 1
    assert counted(pruning.prune()) == {}


def test_without_a_limit_all_stays(alice: User, settings: Settings) -> None:
    for name in ("TRANSCRIPTS", "RECORDINGS", "EVENTS", "AUDIT"):
        setattr(settings, f"{name}_KEPT_DAYS", 0)
    talk_of(alice, 4000)
    AuditEntry.objects.create(action="read", target_kind="x", at=ago(4000))
    assert counted(pruning.count()) == counted(pruning.prune()) == {}
    assert AuditEntry.objects.filter(action="read").exists()


def test_what_a_user_deleted_goes_after_thirty_days(alice: User) -> None:
    for days in (31, 29):
        talk = talk_of(alice, 40, str(days))
        Conversation.objects.filter(pk=talk.pk).update(deleted_at=ago(days))
    pruning.prune()
    assert titles() == {"29"}


def test_a_hold_overrides(alice: User, bob: User) -> None:
    held = talk_of(alice, 400, "held")
    deleted = talk_of(alice, 400, "deleted and held")
    Conversation.objects.filter(pk=deleted.pk).update(deleted_at=ago(40))
    AuditEntry.objects.create(
        action="read", target_kind="conversation", target_id=str(held.pk), at=ago(400)
    )
    holding.hold(Conversation.objects.all(), bob)
    before = pruning.count()
    assert counted(before) == counted(pruning.prune()) == {"held": 2}
    assert Recording.objects.count() == CallEvent.objects.count() == 2
    assert AuditEntry.objects.filter(action="read").count() == 1
    holding.release(Conversation.objects.all(), bob)
    assert pruning.prune()["conversations"] == 2
    assert not AuditEntry.objects.filter(action="read").exists()


def test_a_conversation_in_which_somebody_talks_stays(alice: User) -> None:
    talk = talk_of(alice, 400)
    talk.calls.update(ended_at=None, last_seen_at=timezone.now())
    assert pruning.count()["conversations"] == pruning.prune()["conversations"] == 0
    talk.calls.update(last_seen_at=ago(1))
    assert pruning.prune()["conversations"] == 1


def test_a_dry_run_changes_nothing(alice: User) -> None:
    talk_of(alice, 400)
    out = StringIO()
    call_command("prune", "--dry-run", stdout=out)
    assert "Would be removed:" in out.getvalue()
    assert Conversation.objects.count() == Recording.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_the_command_prints_logs_and_audits_the_same_counts(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    talk_of(alice, 400)
    out = StringIO()
    with caplog.at_level(logging.INFO, "chatbot.pruning"):
        call_command("prune", stdout=out)
    printed = dict(line.rsplit(maxsplit=1) for line in out.getvalue().splitlines()[1:])
    assert printed["  conversations"] == "1"
    assert printed["  turns"] == "3"
    assert printed["  events of calls"] == "1"
    [logged] = [line.getMessage() for line in caplog.records]
    said = json.loads(logged.removeprefix("pruned "))
    assert (said["conversations"], said["turns"], said["scrubbed"]) == (1, 3, True)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.detail) == ("prune", "", said)


def test_an_erasing_that_broke_off_is_finished(alice: User) -> None:
    talk_of(alice, 1)
    erasure.claim_for_erasure(Conversation.objects.all())
    erasure.remove_claimed(Conversation.objects.values_list("pk", flat=True), most=1)
    assert Conversation.objects.count() == 1
    assert Turn.objects.count() == 2
    assert pruning.prune()["conversations"] == 1
    assert not Turn.objects.exists()


def test_old_audit_entries_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "MOST_ROWS", 2)
    for days in (301, 302, 303, 304, 305, 299):
        AuditEntry.objects.create(action="read", target_kind="x", at=ago(days))
    batches: list[erasing.Batch] = []
    assert pruning.prune(on_batch=batches.append)["audit"] == 5
    assert [batch.rows for batch in batches if "audit" in batch.rows] == [
        {"audit": 2},
        {"audit": 2},
        {"audit": 1},
    ]
    assert AuditEntry.objects.filter(action="read").count() == 1
    assert not AuditPruning.objects.exists()


def test_files_that_no_row_knows_go_after_a_day(alice: User, own_folder: Path) -> None:
    talk = talk_of(alice, 1)
    folder, spool = own_folder / str(talk.pk), own_folder / ".spool" / "x"
    spool.mkdir(parents=True)
    yesterday = (timezone.now() - timedelta(days=2)).timestamp()
    for path in (folder / "stray.flac", folder / "fresh.flac", spool / "1.pcm"):
        path.write_bytes(b"fLaC")
    for path in (folder / "stray.flac", spool / "1.pcm", *folder.glob("x*")):
        os.utime(path, (yesterday, yesterday))
    assert pruning.count()["files"] == pruning.prune()["files"] == 1
    assert not (folder / "stray.flac").exists()
    assert (folder / "fresh.flac").exists()
    assert not spool.exists(), "no call is known whose it may be"
    assert Path(Recording.objects.get().file.path).exists()


def test_a_storage_that_is_away_keeps_nothing_else(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise PermissionError

    talk_of(alice, 400)
    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.listdir", refuse)
    assert counted(pruning.prune()) == {
        "conversations": 1,
        "turns": 3,
        "recordings": 1,
        "events": 1,
    }


def test_expired_sessions_go(alice: User) -> None:
    for days in (-1, 1):
        session = SessionStore()
        session.create()
        Session.objects.filter(pk=session.session_key).update(expire_date=ago(days))
    assert pruning.count()["sessions"] == pruning.prune()["sessions"] == 1
    assert Session.objects.count() == 1


def test_an_account_without_a_name_goes_with_what_was_held(alice: User, bob: User) -> None:
    talk_of(alice, 1)
    holding.hold(Conversation.objects.all(), bob)
    erasing.erase_user(alice, bob)
    assert pruning.count()["accounts"] == pruning.prune()["accounts"] == 0
    holding.release(Conversation.objects.all(), bob)
    Conversation.objects.update(deleted_at=ago(31))
    assert pruning.count()["accounts"] == pruning.prune()["accounts"] == 1
    assert list(User.objects.values_list("username", flat=True)) == ["bob"]


def test_usage_stays_counted_of_nobody(alice: User) -> None:
    talk = talk_of(alice, 400)
    Usage.objects.create(call=talk.calls.get(), kind="response", source_id="r1", model="m")
    pruning.prune()
    assert Usage.objects.get().call is None
    assert not Call.objects.exists()


def test_what_could_not_be_scrubbed_is_at_the_next_prune(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrubbed: list[bool] = []

    def scrub(*, is_patient: bool = False) -> bool:
        scrubbed.append(is_patient)
        return len(scrubbed) > 1

    monkeypatch.setattr(pruning, "scrub", scrub)
    monkeypatch.setattr(erasing, "scrub", lambda: False)
    pruning.prune()
    assert scrubbed == []
    talk_of(alice, 1)
    assert not erasing.erase(Conversation.objects.all(), bob).is_scrubbed
    for _ in range(3):
        pruning.prune()
    assert scrubbed == [True, True]


def test_a_large_file_of_sqlite_is_left_to_prune(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "LARGEST_AT_ONCE", 1)
    assert scrubbing.scrub() is (connection.vendor != "sqlite")
    assert scrubbing.scrub(is_patient=True)


def test_a_conversation_that_was_taken_up_again_stays(alice: User) -> None:
    """The claim looks again: the query that found it is from before."""
    talk = talk_of(alice, 400)
    due = pruning.due_conversations(timezone.now())
    [key] = due.values_list("pk", flat=True)
    opened: dict[str, Any] = {"conversation_id": str(talk.pk), "persona_slug": None, "limit": 3}
    store.open_call(alice, **opened)
    assert erasure.claim_for_erasure(due.filter(pk=key)).claimed == []
    audit.write(None, audit.Action.PRUNE, "record")
    assert titles() == {"Talk"}
