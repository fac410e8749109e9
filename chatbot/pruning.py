"""What is kept no longer than the settings say: conversations, recordings, event logs, the audit;
what users have deleted; and what somebody's end has left lying about.

Any number of these may run at once, beside all else: rows go in short transactions of some hundred,
and each passes over what another holds.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chatbot import audit
from chatbot.access import DELETED_KEPT
from chatbot.audit import Action
from chatbot.erasing import Batch, OnBatch, delete_files, nothing, remove
from chatbot.models import (
    CALL_LEASE,
    AuditEntry,
    Call,
    CallEvent,
    Conversation,
    Recording,
    Turn,
    User,
)
from chatbot.recording.rescue import rescue
from chatbot.scrubbing import scrub
from chatbot.store import NAMELESS
from chatbot.store.erasure import remove_old
from chatbot.strays import stray_files

log = logging.getLogger(__name__)

Counts = dict[str, int]

#: In the audit: whether all that was erased is out of SQLite's file.
SCRUBBED = "scrubbed"


def count(now: datetime | None = None) -> Counts:
    """What `prune` would remove now, and how many conversations it would keep only because they are
    held."""
    now = now or timezone.now()
    due = due_conversations(now)
    in_due = {"conversation__in": due.values("pk")}
    recorded = {f"turn__{name}": keys for name, keys in in_due.items()}
    called = {f"call__{name}": keys for name, keys in in_due.items()}
    others = Conversation.objects.exclude(pk__in=due.values("pk"))
    return {
        "conversations": due.count(),
        "turns": Turn.objects.filter(**in_due).count(),
        "recordings": Recording.objects.filter(**recorded).count()
        + _old_recordings(now).exclude(**recorded).count(),
        "events": CallEvent.objects.filter(**called).count()
        + _old_events(now).exclude(**called).count(),
        "audit": _old_audit(now).count(),
        "sessions": _old_sessions(now).count(),
        "accounts": _nameless().exclude(pk__in=others.values("user")).count(),
        "files": sum(len(names) for names in stray_files(now)),
        "held": Conversation.objects.filter(_over(now), is_held=True).count(),
    }


def prune(now: datetime | None = None, on_batch: OnBatch = nothing) -> Counts:
    """Remove all whose time is over. Returns how many of each kind, as `count` says it before;
    written to the log and to the audit."""
    now = now or timezone.now()
    erased = remove(due_conversations(now), on_batch=on_batch)
    counts = {kind: erased.counts.get(kind, 0) for kind in ("conversations", "turns")}
    removed = {
        "recordings": _remove_all("recordings", _old_recordings(now), "created_at", on_batch),
        "events": _remove_all("events", _old_events(now), "at", on_batch),
        "audit": _remove_all("audit", _old_audit(now), "at", on_batch),
        "sessions": _remove_all("sessions", _old_sessions(now), "expire_date", on_batch),
    }
    counts |= {kind: count + erased.counts.get(kind, 0) for kind, count in removed.items()}
    counts["accounts"] = _nameless().filter(conversations=None).delete()[1].get(User._meta.label, 0)
    rescue()
    counts["files"] = _remove_strays(now)
    counts["held"] = Conversation.objects.filter(_over(now), is_held=True).count()
    is_dirty = bool(erased.conversations) or _was_erased_since_scrubbed()
    detail: dict[str, Any] = {**counts, SCRUBBED: not is_dirty or scrub(is_patient=True)}
    log.info("pruned %s", json.dumps(detail))
    audit.write(None, Action.PRUNE, "record", **detail)
    return counts


def due_conversations(now: datetime) -> QuerySet[Conversation]:
    """Those whose time is over, but for those that are held, or in which somebody talks."""
    live = Call.objects.filter(
        conversation=OuterRef("pk"), ended_at=None, last_seen_at__gt=now - CALL_LEASE
    )
    return Conversation.objects.filter(_over(now), ~Exists(live), is_held=False)


def _over(now: datetime) -> Q:
    over = Q(deleted_at__lte=now - DELETED_KEPT)
    if since := _kept_since(settings.TRANSCRIPTS_KEPT_DAYS, now):
        over |= Q(updated_at__lt=since)
    return over


def _kept_since(days: int, now: datetime) -> datetime | None:
    return now - timedelta(days=days) if days else None


def _old_recordings(now: datetime) -> QuerySet[Recording]:
    since = _kept_since(settings.RECORDINGS_KEPT_DAYS, now)
    rows = Recording.objects.filter(turn__conversation__is_held=False)
    return rows.filter(created_at__lt=since) if since else rows.none()


def _old_events(now: datetime) -> QuerySet[CallEvent]:
    since = _kept_since(settings.EVENTS_KEPT_DAYS, now)
    rows = CallEvent.objects.filter(call__conversation__is_held=False)
    return rows.filter(at__lt=since) if since else rows.none()


def _old_audit(now: datetime) -> QuerySet[AuditEntry]:
    """Who read what is held stays with it."""
    since = _kept_since(settings.AUDIT_KEPT_DAYS, now)
    if not since:
        return AuditEntry.objects.none()
    held = Conversation.objects.filter(is_held=True).values_list("pk", flat=True)
    return AuditEntry.objects.filter(at__lt=since).exclude(target_id__in=map(str, held))


def _old_sessions(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=now)


def _nameless() -> QuerySet[User]:
    """The accounts that own what was held when their people went."""
    nameless = User.objects.filter(username__startswith=NAMELESS, is_active=False)
    return nameless.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def _remove_all(kind: str, rows: QuerySet[Any], moment: str, on_batch: OnBatch) -> int:
    count = 0
    began, old = time.monotonic(), remove_old(rows, moment, None)
    while old:
        on_batch(Batch({kind: old.count}, time.monotonic() - began))
        delete_files(old.files)
        count += old.count
        began = time.monotonic()
        old = remove_old(rows, moment, old.last)
    return count


def _remove_strays(now: datetime) -> int:
    """Whatever ails the storage: all else is pruned."""
    count = 0
    try:
        for names in stray_files(now):
            delete_files(names)
            count += len(names)
    except Exception:
        log.exception("files without a row could not be looked for")
    return count


def _was_erased_since_scrubbed() -> bool:
    """Whether something of what was erased may be in SQLite's file still."""
    prunes = AuditEntry.objects.filter(action=Action.PRUNE, **{f"detail__{SCRUBBED}": True})
    last = prunes.order_by("-at").first()
    erased = AuditEntry.objects.filter(action=Action.ERASE)
    return (erased.filter(at__gt=last.at) if last else erased).exists()
