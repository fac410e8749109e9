"""What is remembered: one's own to see and delete, staff's to read."""

from __future__ import annotations

import pytest
from django.test import Client

from chatbot.models import Fact, User


@pytest.fixture
def fact(alice: User) -> Fact:
    return Fact.objects.create(user=alice, text="She likes <tea>.")


def test_the_page_lists_ones_own_facts(client: Client, alice: User, fact: Fact) -> None:
    client.force_login(alice)
    page = client.get("/memory/").content.decode()
    assert "She likes &lt;tea&gt;." in page
    assert f'action="/memory/{fact.pk}/delete/"' in page
    assert 'href="/memory/"' in client.get("/").content.decode()


def test_without_facts_the_page_says_how_to_get_some(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "Nothing is remembered" in client.get("/memory/").content.decode()


def test_a_fact_is_deleted_by_its_owner(client: Client, alice: User, fact: Fact) -> None:
    client.force_login(alice)
    answer = client.post(f"/memory/{fact.pk}/delete/", follow=True)
    assert answer.redirect_chain == [("/memory/", 302)]
    assert "Forgotten." in answer.content.decode()
    assert not Fact.objects.exists()
    assert client.post(f"/memory/{fact.pk}/delete/").status_code == 404


def test_others_neither_see_nor_delete_it(
    client: Client, bob: User, charlie: User, fact: Fact
) -> None:
    for other in (bob, charlie):
        client.force_login(other)
        assert "tea" not in client.get("/memory/").content.decode()
        assert client.post(f"/memory/{fact.pk}/delete/").status_code == 404
    assert Fact.objects.exists()


def test_it_takes_a_form_of_our_own_and_a_user(alice: User, fact: Fact) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.get("/memory/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/memory/")
    client.force_login(alice)
    assert client.post(f"/memory/{fact.pk}/delete/").status_code == 403
    assert client.get(f"/memory/{fact.pk}/delete/").status_code == 405
    assert Fact.objects.exists()


def test_staff_read_facts_and_change_nothing(client: Client, bob: User, fact: Fact) -> None:
    client.force_login(bob)
    assert "She likes &lt;tea&gt;." in client.get("/admin/chatbot/fact/").content.decode()
    assert client.get(f"/admin/chatbot/fact/{fact.pk}/change/").status_code == 200
    assert client.get("/admin/chatbot/fact/add/").status_code == 403
    assert client.post(f"/admin/chatbot/fact/{fact.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/chatbot/fact/{fact.pk}/change/", {"text": "x"}).status_code == 403
