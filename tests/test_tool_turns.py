"""Turns of tools where they are read again: one's own history, and the review by staff."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from chatbot.models import Conversation, Turn, User
from tests.people import alices_talk


@pytest.fixture
def talk(alice: User) -> Conversation:
    talk = alices_talk(alice)
    for position, (status, text, error) in enumerate(
        [("completed", "She <likes> tea.", ""), ("failed", "", "The user did not allow it.")], 10
    ):
        Turn.objects.create(
            conversation=talk,
            item_id=f"tool_{position}",
            position=position,
            role="tool",
            modality="text",
            status=status,
            text=text,
            error=error,
            tool_name="recall",
            tool_arguments='{"words": "<tea>"}',
            started_at=timezone.now(),
        )
    return talk


@pytest.mark.parametrize("path", ["/history/{}/", "/admin/chatbot/conversation/{}/change/"])
def test_a_tools_turn_shows_what_was_called_and_what_came_of_it(
    client: Client, bob: User, talk: Conversation, path: str
) -> None:
    client.force_login(bob if "admin" in path else talk.user)
    page = client.get(path.format(talk.pk)).content.decode()
    assert page.count("recall</code>") == 2
    assert "{&quot;words&quot;: &quot;&lt;tea&gt;&quot;}" in page
    assert "She &lt;likes&gt; tea." in page
    assert "The user did not allow it." in page


def test_the_chat_page_has_them_for_its_scripts(client: Client, talk: Conversation) -> None:
    client.force_login(talk.user)
    page = client.get(f"/?conversation={talk.pk}").content.decode()
    assert '"tool_name": "recall"' in page
