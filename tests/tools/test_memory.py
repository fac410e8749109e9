"""Facts that are remembered, recalled and forgotten, each user's own."""

from __future__ import annotations

import json
import threading
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync

from chatbot import store
from chatbot.access import fact_for, facts_of
from chatbot.models import Fact, User
from chatbot.realtime.effects import RunTool
from chatbot.tools.memory import forget, recall, remember
from chatbot.tools.runner import run_tool
from chatbot.tools.tool import Tool, ToolContext, ToolError
from tests.people import alices_talk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]


def run(made: Tool, user: User, **arguments: Any) -> str:
    conversation = user.conversations.first() or alices_talk(user)
    context = ToolContext(user, conversation.pk, ZoneInfo("UTC"))
    return async_to_sync(made.run)(context, json.dumps(arguments))


def test_a_fact_is_remembered_once_with_its_conversation(alice: User) -> None:
    for _ in range(2):
        assert run(remember, alice, fact="She  likes\ntea.") == "Remembered."
    fact = Fact.objects.get()
    assert (fact.text, fact.user, fact.conversation) == (
        "She likes tea.",
        alice,
        alice.conversations.get(),
    )


def test_facts_are_recalled_all_or_by_word(alice: User) -> None:
    assert run(recall, alice) == "There is no such fact."
    run(remember, alice, fact="She likes tea.")
    run(remember, alice, fact="Her cat is Dinah.")
    assert [fact["fact"] for fact in json.loads(run(recall, alice))] == [
        "Her cat is Dinah.",
        "She likes tea.",
    ]
    assert [fact["fact"] for fact in json.loads(run(recall, alice, words="TEA milk"))] == [
        "She likes tea."
    ]


def test_a_fact_is_forgotten_by_its_words_and_only_if_allowed(alice: User) -> None:
    assert forget.offer.needs_approval
    run(remember, alice, fact="She likes tea.")
    with pytest.raises(ToolError, match="no such fact"):
        run(forget, alice, fact="She likes")
    assert run(forget, alice, fact="she likes tea.") == "Forgotten."
    assert not Fact.objects.exists()


def test_nobody_recalls_or_forgets_the_facts_of_others(
    alice: User, bob: User, charlie: User
) -> None:
    run(remember, alice, fact="She likes tea.")
    for other in (bob, charlie):
        assert run(recall, other) == "There is no such fact."
        with pytest.raises(ToolError):
            run(forget, other, fact="She likes tea.")
        with pytest.raises(Fact.DoesNotExist):
            fact_for(other, Fact.objects.get().pk)
        assert list(facts_of(other)) == []
    assert fact_for(alice, Fact.objects.get().pk).text == "She likes tea."


@pytest.mark.parametrize("fact", ["", "  ", "x" * 501])
def test_a_fact_has_words_and_a_bound(alice: User, fact: str) -> None:
    with pytest.raises(ToolError, match="1 to 500 characters"):
        run(remember, alice, fact=fact)


def test_memory_is_bounded(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot.store.facts.MAX_FACTS", 2)
    for fact in ("one", "two", "one"):
        run(remember, alice, fact=fact)
    with pytest.raises(ToolError, match="2 facts already"):
        run(remember, alice, fact="three")


def test_a_fact_outlives_its_conversation(alice: User) -> None:
    run(remember, alice, fact="She likes tea.")
    alice.conversations.all().delete()
    assert Fact.objects.get().conversation is None
    assert uuid4() not in {fact.conversation_id for fact in facts_of(alice)}


@pytest.mark.parametrize("name", ["remember", "forget"])
async def test_what_may_be_done_though_it_took_too_long_is_not_called_stopped(
    alice: User, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    may_go_on = threading.Event()
    writes = getattr(store, f"{name}_fact")

    def slow(*given: Any) -> Any:
        may_go_on.wait(30)
        return writes(*given)

    monkeypatch.setattr(store, f"{name}_fact", slow)
    context = ToolContext(alice, uuid4(), ZoneInfo("UTC"))
    order = RunTool("c1", name, json.dumps({"fact": "She likes tea."}), 0.05)
    threading.Timer(0.5, may_go_on.set).start()
    output, outcome = await run_tool(order, context)
    assert outcome == "failed"
    assert output == "The tool took too long. It may be done all the same; look first."
