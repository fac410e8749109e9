"""Tags in the Django admin."""

from __future__ import annotations

import pytest
from django.test import Client

from chatbot import reviewing
from chatbot.models import Conversation, Tag, User
from chatbot.rights import Right
from tests.people import alices_talk, staff_with

pytestmark = pytest.mark.django_db

LIST = "/admin/chatbot/tag/"


def test_a_tag_is_renamed_and_leads_to_its_conversations(
    client: Client, alice: User, bob: User
) -> None:
    alices_talk(alice)
    reviewing.tag(Conversation.objects.all(), ["biling"], bob)
    tag = Tag.objects.get()
    client.force_login(bob)
    client.post(f"{LIST}{tag.pk}/change/", {"name": "billing"})
    page = client.get(LIST).content.decode()
    address = "/admin/chatbot/conversation/?tag=billing&amp;turns=all"
    assert f'<a href="{address}">Show</a>' in page
    assert "The sea" in client.get(address.replace("&amp;", "&")).content.decode()


def test_reviewers_do_not_edit_tags_by_their_right_to_review(client: Client) -> None:
    Tag.objects.create(name="billing")
    client.force_login(staff_with(*Right))
    assert client.get(LIST).status_code == 403
