"""The audit in the admin: found, exported, and changed by nobody."""

from __future__ import annotations

import csv
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chatbot import audit, audit_admin
from chatbot.models import AuditEntry, User
from chatbot.review import changelist
from chatbot.rights import Right
from tests.exporting import downloaded
from tests.people import alices_talk, staff_with

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]

LIST = "/admin/chatbot/auditentry/"


@pytest.fixture
def officer() -> User:
    user = staff_with(Right.LIST, name="officer")
    codenames = ("view_auditentry", "export_audit")
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def staff(client: Client, officer: User) -> Client:
    client.force_login(officer)
    return client


def shown(staff: Client, **query: str) -> list[str]:
    page = staff.get(LIST, query).content.decode()
    return re.findall(r'class="field-who">([^<]*)<', page)


def test_who_did_what_when_and_from_where(staff: Client, alice: User, bob: User) -> None:
    talk = alices_talk(alice)
    audit.write(bob, audit.Action.READ, "conversation", talk.pk, address="192.0.2.7", turns=3)
    page = staff.get(LIST).content.decode()
    assert f'href="/admin/chatbot/conversation/{talk.pk}/change/"' in page
    for words in (
        "bob",
        "Read a transcript",
        "turns: 3",
        "192.0.2.7",
        f">conversation {str(talk.pk)[:8]}<",
    ):
        assert words in page


def test_search_and_filters(staff: Client, alice: User, bob: User, officer: User) -> None:
    talk = alices_talk(alice)
    audit.write(bob, audit.Action.READ, "conversation", talk.pk)
    audit.write(officer, audit.Action.EXPORT, "conversation", alices_talk(alice).pk)
    audit.write(alice, audit.Action.LISTEN, "turn", 7, conversation=str(talk.pk))
    audit.write(None, audit.Action.REFUSED, "conversation", talk.pk)
    long_ago = timezone.now() - timedelta(days=40)
    AuditEntry.objects.create(actor_id=bob.pk, actor_name="bob", action="search", at=long_ago)
    assert shown(staff) == ["nobody", "alice", "officer", "bob", "bob"]
    assert shown(staff, q=str(talk.pk)) == ["nobody", "alice", "bob"]
    assert shown(staff, q=str(talk.pk)[:8].upper()) == ["nobody", "bob"]
    assert shown(staff, q="BO") == ["bob", "bob"]
    assert shown(staff, q="%") == shown(staff, q="' OR 1=1") == []
    assert shown(staff, action__exact="read") == ["bob"]
    assert shown(staff, who=str(bob.pk)) == ["bob", "bob"]
    assert shown(staff, who="nobody") == ["nobody"]
    since = (timezone.now() - timedelta(days=7)).isoformat()
    assert shown(staff, at__gte=since) == ["nobody", "alice", "officer", "bob"]
    assert shown(staff, target_id=str(talk.pk)) == ["nobody", "bob"]


def exported(staff: Client, **query: str) -> list[list[str]]:
    body, name = downloaded(staff, f"{LIST}export/", data=query)
    assert 'filename="audit ' in name
    return list(csv.reader(body.decode().splitlines()))


def test_the_export_has_what_the_list_shows(
    staff: Client, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_admin, "BATCH", 2)
    for number in range(5):
        audit.write(bob, audit.Action.READ, "conversation", f"c{number}", address="192.0.2.7")
    audit.write(None, audit.Action.REFUSED, "conversation", "=c9")
    header, *rows = exported(staff, action__exact="read")
    assert header == ["time", "who", "user id", "action", "what", "id", "detail", "from"]
    assert [row[5] for row in rows] == ["c4", "c3", "c2", "c1", "c0"]
    assert rows[0][1:] == ["bob", str(bob.pk), "read", "conversation", "c4", "", "192.0.2.7"]
    own = AuditEntry.objects.get(action="export")
    assert (own.actor_name, own.target_kind) == ("officer", "audit")
    assert own.detail == {"filters": {"action__exact": "read"}}
    assert exported(staff, action__exact="refused")[1][5] == "'=c9"


def test_whoever_may_only_look_exports_nothing(client: Client) -> None:
    user = staff_with(name="viewer")
    user.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    client.force_login(user)
    assert "Export as CSV" not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}export/").status_code == 403


def test_whoever_has_every_other_right_sees_nothing(client: Client) -> None:
    client.force_login(staff_with(*Right))
    for address in (LIST, f"{LIST}export/"):
        assert client.get(address).status_code == 403


def test_not_even_a_superuser_changes_or_deletes(client: Client, bob: User) -> None:
    audit.write(bob, audit.Action.READ, "conversation", "c1")
    entry = AuditEntry.objects.get()
    client.force_login(bob)
    page = f"{LIST}{entry.pk}/"
    assert client.get(f"{page}change/").status_code == 200
    assert client.post(f"{page}change/", {"actor_name": "mallory"}).status_code == 403
    for address in (f"{page}delete/", f"{LIST}add/"):
        assert client.get(address).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"}
    client.post(LIST, chosen)
    assert AuditEntry.objects.get().actor_name == "bob"


def test_a_long_audit_is_not_counted_whole(
    staff: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(changelist, "MOST_COUNTED", 3)
    AuditEntry.objects.bulk_create(AuditEntry(action="read") for _ in range(60))
    with django_assert_max_num_queries(10):
        page = staff.get(LIST).content.decode()
    assert "More than 3 entries." in page


def test_bad_filters_lead_back_to_the_list(staff: Client) -> None:
    for address in (LIST, f"{LIST}export/"):
        assert staff.get(address, {"at__gte": "yesterday"}).status_code == 302
