"""Signing in from the command line, by the site's own form."""

from __future__ import annotations

import pytest
from pytest_django.live_server_helper import LiveServer

from chatbot.caller import CallFailed, sign_in
from chatbot.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_whoever_has_an_account_signs_in(live_server: LiveServer, alice: User) -> None:
    assert "sessionid=" in sign_in(live_server.url, "alice", "wonder-land-1")


def test_a_wrong_password_is_told(live_server: LiveServer, alice: User) -> None:
    with pytest.raises(CallFailed, match="does not know the user 'alice' with this password"):
        sign_in(live_server.url, "alice", "wrong")


def test_an_account_that_is_not_active_is_told(live_server: LiveServer, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CallFailed, match="The account of 'alice' is not active"):
        sign_in(live_server.url, "alice", "wonder-land-1")
