"""Staff have the rights that they were given, users none."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Permission

from chatbot.models import User
from chatbot.rights import Right, may

pytestmark = pytest.mark.django_db


def test_a_superuser_has_every_right(bob: User) -> None:
    assert all(may(bob, right) for right in Right)


@pytest.mark.parametrize("right", Right)
def test_each_right_is_given_by_itself_and_to_staff_alone(right: Right, alice: User) -> None:
    alice.user_permissions.add(Permission.objects.get(codename=right))
    assert not may(User.objects.get(pk=alice.pk), right)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    staff = User.objects.get(pk=alice.pk)
    assert [each for each in Right if may(staff, each)] == [right]
    assert not may(AnonymousUser(), right)
