"""What all pages of the admin have."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from chatbot.models import User


@pytest.fixture
def staff(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_the_admin_has_the_icon_of_the_site(staff: Client) -> None:
    icon = r'<link rel="icon" type="image/svg\+xml" href="/static/chatbot/img/logo[^"]*\.svg">'
    for address in (
        "/admin/",
        "/admin/chatbot/conversation/",
        "/admin/chatbot/persona/add/",
        "/admin/chatbot/usage/",
    ):
        assert re.search(icon, staff.get(address).content.decode())
