"""Groups for staff: made once, and left alone from then on."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from chatbot.groups import GROUPS, make_groups
from chatbot.models import User
from chatbot.rights import Right, may

pytestmark = pytest.mark.django_db


def test_every_permission_of_theirs_is_there() -> None:
    assert make_groups() == list(GROUPS)
    for name, codenames in GROUPS.items():
        given = Group.objects.get(name=name).permissions.values_list("codename", flat=True)
        assert set(given) == set(codenames)


@pytest.mark.parametrize(
    ("group", "rights"),
    [
        ("Reviewers", {Right.LIST, Right.READ, Right.REVIEW}),
        ("Lead reviewers", set(Right) - {Right.ERASE}),
        ("Privacy officers", {Right.LIST, Right.HOLD, Right.ERASE}),
    ],
)
def test_what_each_gives(group: str, rights: set[Right]) -> None:
    make_groups()
    staff = User.objects.create_user("dave", is_staff=True)
    staff.groups.add(Group.objects.get(name=group))
    assert {right for right in Right if may(staff, right)} == rights


def test_what_staff_have_changed_stays() -> None:
    make_groups()
    reviewers = Group.objects.get(name="Reviewers")
    reviewers.name = "Support"
    reviewers.save()
    reviewers.permissions.remove(Permission.objects.get(codename=Right.REVIEW))
    Group.objects.get(name="Privacy officers").delete()
    assert make_groups() == []
    assert set(Group.objects.values_list("name", flat=True)) == {"Support", "Lead reviewers"}
    assert reviewers.permissions.count() == 2


def test_teams_with_groups_of_their_own_get_none() -> None:
    Group.objects.create(name="Reviewers")  # of books, perhaps
    own = Group.objects.create(name="Quality")
    own.permissions.add(Permission.objects.get(codename=Right.READ))
    assert make_groups() == []
    own.permissions.clear()
    assert make_groups() == ["Lead reviewers", "Privacy officers"]


def test_preparing_a_site_makes_them() -> None:
    call_command("prepare", stdout=io.StringIO())
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)
