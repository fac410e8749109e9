"""The audit only grows."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.test import RequestFactory

from chatbot import audit
from chatbot.models import AuditEntry, AuditPruning, User

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


def test_an_entry_says_who_what_when_and_from_where(bob: User) -> None:
    request = RequestFactory().get("/admin/", REMOTE_ADDR="192.0.2.7")
    request.user = bob
    audit.record(request, audit.Action.READ, "conversation", "c1", turns=3)
    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.actor_name, entry.action) == (bob.pk, "bob", "read")
    assert (entry.target_kind, entry.target_id, entry.detail) == (
        "conversation",
        "c1",
        {"turns": 3},
    )
    assert entry.address == "192.0.2.7"


def test_nobody_changes_or_deletes_an_entry() -> None:
    audit.write(None, audit.Action.PRUNE, "audit")
    with pytest.raises(DatabaseError, match="neither changed"), transaction.atomic():
        AuditEntry.objects.update(actor_name="mallory")
    with pytest.raises(DatabaseError, match="neither changed"), transaction.atomic():
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.count() == 1


def test_pruning_deletes() -> None:
    audit.write(None, audit.Action.PRUNE, "audit")
    AuditPruning.objects.create()
    AuditEntry.objects.all().delete()
    assert not AuditEntry.objects.exists()
