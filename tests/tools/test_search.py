"""Searching what was said before: one's own, dated, bounded."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from chatbot import store
from chatbot.models import Conversation, Turn, User
from chatbot.search import keep_turn
from chatbot.tools.search import MAX_SNIPPETS, SNIPPET_CHARACTERS, search_conversations
from chatbot.tools.tool import ToolContext, ToolError
from tests.people import alices_talk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]


def search(user: User, words: str, within: UUID | None = None) -> Any:
    context = ToolContext(user, within or uuid4(), ZoneInfo("Asia/Tokyo"))
    found = async_to_sync(search_conversations.run)(context, json.dumps({"words": words}))
    return json.loads(found) if found.startswith("[") else found


def say(conversation: Conversation, text: str, role: str = "user") -> None:
    turn = Turn.objects.create(
        conversation=conversation,
        item_id=uuid4().hex,
        position=0,
        role=role,
        modality="audio",
        status="completed",
        text=text,
        started_at=timezone.now(),
    )
    keep_turn(turn)


def test_words_are_found_with_date_and_speaker(alice: User) -> None:
    talk = alices_talk(alice)
    (found,) = search(alice, "LIGHTHOUSE")
    answer = talk.turns.get(position=1)
    assert found == {
        "said_at": f"{answer.started_at.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m-%d %H:%M}",
        "conversation": "The sea",
        "by": "assistant",
        "words": "Once there was a lighthouse.",
    }


def test_nobody_finds_what_somebody_else_said(alice: User, bob: User, charlie: User) -> None:
    alices_talk(alice)
    for other in (bob, charlie):
        assert search(other, "lighthouse") == "Nothing was found in earlier conversations."


def test_the_running_conversation_and_tools_are_left_out(alice: User) -> None:
    talk = alices_talk(alice)
    assert "Nothing" in search(alice, "lighthouse", within=talk.pk)
    say(talk, "zebra", role="tool")
    assert "Nothing" in search(alice, "zebra")


def test_more_of_the_words_come_first_and_the_list_is_bounded(alice: User) -> None:
    talk = alices_talk(alice)
    for number in range(MAX_SNIPPETS + 5):
        say(talk, f"Only sailing, number {number}.")
    say(talk, "Sailing to Norway in May. " + "x" * 1000)
    say(talk, "Only sailing, the last.")
    found = search(alice, "sailing Norway, may!")
    assert len(found) == MAX_SNIPPETS
    assert found[0]["words"].startswith("Sailing to Norway")
    assert len(found[0]["words"]) <= SNIPPET_CHARACTERS + 2
    assert found[1]["words"] == "Only sailing, the last."


def test_a_snippet_is_cut_around_the_word(alice: User) -> None:
    say(alices_talk(alice), "a " * 500 + "penguin " + "b " * 500)
    words = search(alice, "penguin")[0]["words"]
    assert "penguin" in words
    assert words.startswith("…")
    assert words.endswith("…")


@pytest.mark.parametrize("words", ["", "  ", "?!"])
def test_without_words_nothing_is_searched(alice: User, words: str) -> None:
    with pytest.raises(ToolError, match="at least one word"):
        search(alice, words)


def test_signs_are_taken_as_they_are(alice: User) -> None:
    say(alices_talk(alice), "100% of it")
    assert len(search(alice, "100%")) == 1
    assert "Nothing" in search(alice, "1_0%")
    assert "Nothing" in search(alice, "' OR 1=1 --")


def test_what_was_said_in_a_deleted_conversation_is_not_found(alice: User) -> None:
    talk = alices_talk(alice)
    assert search(alice, "lighthouse")
    store.delete_conversation(talk)
    assert "Nothing was found" in search(alice, "lighthouse")
