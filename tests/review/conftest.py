"""Who reviews: Bob may do everything, others have single rights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from chatbot.models import Conversation, Persona, User
from chatbot.rights import Right
from tests.people import alices_talk, staff_with


@pytest.fixture
def talk(alice: User) -> Conversation:
    return alices_talk(alice)


@pytest.fixture
def staff(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


@pytest.fixture
def with_rights(persona: Persona) -> Callable[..., Client]:
    """A browser of a member of staff who has these rights and no other."""

    def signed_in(*rights: Right) -> Client:
        client = Client()
        client.force_login(staff_with(*rights))
        return client

    return signed_in
