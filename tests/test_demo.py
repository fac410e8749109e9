"""`manage.py makedemo`: what it makes holds together, can be told apart, and goes away again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from chatbot.demo.people import demo_users
from chatbot.demo.topics import topics
from chatbot.models import (
    CALL_LEASE,
    AuditEntry,
    Call,
    CallEvent,
    Conversation,
    Fact,
    Note,
    Passage,
    Persona,
    PersonaVersion,
    Review,
    Tag,
    Turn,
    Usage,
    User,
)
from chatbot.search import reindex
from chatbot.store.personas import version_of
from tests.people import alices_talk

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]

MADE = (
    Call, CallEvent, Conversation, Fact, Note, Passage, Persona, PersonaVersion, Review, Tag, Turn,
    Usage, User,
)  # fmt: skip


def makedemo(**options: Any) -> str:
    told = io.StringIO()
    call_command("makedemo", stdout=told, **options)
    return told.getvalue()


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in MADE}


def test_it_makes_as_many_conversations_as_asked_for_and_says_so() -> None:
    told = makedemo(conversations=120, users=7)
    assert Conversation.objects.count() == 120
    assert told.startswith("Made 7 users, 120 conversations, ")
    assert f"{Turn.objects.count():,} turns" in told
    assert User.objects.filter(is_staff=False).count() == 7


def test_what_conversations_know_of_themselves_is_true() -> None:
    makedemo(conversations=120)
    told = Conversation.objects.annotate(
        turns_there=Count("turns"),
        failed_there=Count("turns", filter=Q(turns__status="failed")),
        last=Max("turns__position"),
    )
    assert not told.exclude(turn_count=F("turns_there")).exists()
    assert not told.filter(turns_there__gt=0).exclude(last=F("turn_count") - 1).exists()
    assert not told.filter(has_failures=True, failed_there=0).exists()
    assert not told.filter(has_failures=False, failed_there__gt=0).exists()


def test_all_kinds_of_turns_calls_and_reviews_are_there() -> None:
    makedemo(conversations=600)
    turns = Turn.objects.all()
    assert set(turns.values_list("status", flat=True)) >= {"completed", "interrupted", "failed"}
    assert set(turns.values_list("role", flat=True)) == {"user", "assistant", "tool"}
    assert set(turns.values_list("modality", flat=True)) == {"audio", "text"}
    cut = turns.filter(status="interrupted")
    assert not cut.filter(Q(heard_text=None) | Q(heard_ms=None)).exists()
    assert not turns.filter(role="assistant", status="completed", latency_ms=None).exists()
    assert Call.objects.values("close_code").distinct().count() > 5
    assert set(Review.objects.values_list("state", flat=True)) == set(Review.State.values)
    assert Note.objects.exists()
    assert Review.objects.filter(tags__isnull=False).exists()
    assert Conversation.objects.exclude(deleted_at=None).exists()
    assert Conversation.objects.filter(is_held=True).exists()
    assert Conversation.objects.filter(turn_count=0).exists()
    assert Usage.objects.filter(cost_usd=None).exists()
    assert Usage.objects.values("model").distinct().count() > 5
    assert CallEvent.objects.exists()


def test_some_calls_go_on_and_all_is_in_the_year_before_now() -> None:
    makedemo(conversations=200)
    now = timezone.now()
    live = Call.objects.filter(ended_at=None, last_seen_at__gt=now - CALL_LEASE)
    assert 0 < live.count() < 10
    span = Conversation.objects.aggregate(first=Min("created_at"), last=Max("updated_at"))
    assert (now - span["first"]).days <= 365
    assert span["last"] <= now
    assert not Conversation.objects.filter(updated_at__lt=F("created_at")).exists()
    assert not Call.objects.filter(ended_at__lt=F("started_at")).exists()


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    def said(seed: int) -> list[str]:
        makedemo(conversations=30, seed=seed)
        texts = list(Turn.objects.order_by("pk").values_list("text", flat=True))
        makedemo(remove=True)
        return texts

    first = said(5)
    assert said(5) == first
    assert said(6) != first


def test_every_word_that_was_said_can_be_searched() -> None:
    makedemo(conversations=60)
    made = set(Passage.objects.values_list("conversation", "turn", "words"))
    Passage.objects.all().delete()
    assert sum(reindex(Conversation.objects.all())) == 60
    anew = Passage.objects.values_list("conversation", "turn", "words")
    assert {sorted_whole(*row) for row in made} == {sorted_whole(*row) for row in anew}


def sorted_whole(conversation: Any, turn: int | None, words: str) -> tuple[Any, ...]:
    """What a conversation says besides its title is in no order."""
    title, _, others = words.partition("|") if turn is None else (words, "", "")
    return conversation, turn, title, *sorted(others.split())


def test_removing_takes_all_of_it_and_nothing_else(alice: User) -> None:
    alices_talk(alice)
    User.objects.create_user("demo-alice", "demo-alice@example.org", "wonder-land-1")
    before = counts()
    makedemo(conversations=40, force=True)
    assert counts() != before
    makedemo(remove=True)
    assert counts() == before
    assert not AuditEntry.objects.exists()
    assert makedemo(remove=True) == "Removed nothing: there is no demo in 0 s.\n"


def test_a_persona_of_the_demo_stays_with_whom_somebody_real_has_talked(alice: User) -> None:
    makedemo(conversations=10)
    persona = Persona.objects.get(slug="demo-travel")
    Conversation.objects.create(user=alice, persona=persona)
    makedemo(remove=True)
    assert Persona.objects.filter(slug__startswith="demo-").get() == persona
    assert not demo_users().exists()


def test_the_newest_version_of_a_persona_is_the_persona() -> None:
    makedemo(conversations=5)
    versions = PersonaVersion.objects.count()
    for persona in Persona.objects.filter(slug__startswith="demo-"):
        version_of(persona)
    assert PersonaVersion.objects.count() == versions


def test_where_people_have_conversations_it_asks_for_force(alice: User) -> None:
    alices_talk(alice)
    with pytest.raises(CommandError, match="--force"):
        makedemo(conversations=10)
    assert not demo_users().exists()


def test_there_is_one_demo_at_a_time() -> None:
    makedemo(conversations=5)
    with pytest.raises(CommandError, match="There is a demo already"):
        makedemo(conversations=5)


def test_nothing_is_not_asked_for() -> None:
    with pytest.raises(CommandError, match="at least"):
        makedemo(conversations=0)


def test_nobody_of_the_demo_can_sign_in() -> None:
    makedemo(conversations=5)
    assert not [user for user in demo_users() if user.has_usable_password()]


def test_every_sentence_has_words_for_its_slots() -> None:
    common = topics()[-1]
    for topic in topics():
        slots = dict.fromkeys((*topic.slots, *common.slots), "x")
        for exchange in topic.exchanges:
            sentences = [*exchange.questions, *(each for part in exchange.answer for each in part)]
            if exchange.tool:
                sentences += [exchange.tool.arguments, exchange.tool.result]
            assert all(sentence.format_map(slots) for sentence in sentences)
