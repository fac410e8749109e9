"""Search in what was said finds the same on PostgreSQL and SQLite, whatever is asked."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from chatbot import search, store
from chatbot.access import conversations_of
from chatbot.models import Call, Conversation, Passage, User
from chatbot.realtime.effects import SaveTurn
from chatbot.realtime.turns import Turn as CallTurn
from tests.people import default_persona

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]

LONG = "Donaudampfschifffahrtsgesellschaft" * 300

#: Title, then what the user and the assistant said by turns.
CORPUS = {
    "sea": ("The sea", "Tell me a story about the lighthouses.", "Once a keeper was running home."),
    "recipes": ("Recipes", "How do I bake a crème brûlée?", "Don't boil the cream: it's 100% fat."),
    "cafe": ("Café", "Where is the café at 12:30?", "In Example.com's snake_case street\\lane."),
    "german": ("Straße", "Die Größe der Straßen in Köln", "Äpfel und Übergrößen"),
    "chinese": ("你好", "今天天气怎么样?", "今天北京下雨。明天天晴。"),
    "japanese": ("天気", "ガラスとカラス", "東京は雨です。"),
    "korean": ("날씨", "오늘 서울 날씨가 어때요", "서울은 맑습니다."),
    "arabic": ("سلام", "مَرْحَبًا كيف حالك", "أنا بخير شكرا"),
    "russian": ("Чай", "Какой чай ты любишь? Ёлка", "Зелёный чай"),
    "hindi": ("नमस्ते", "मौसम कैसा है", "मौसम अच्छा है"),
    "thai": ("สวัสดี", "วันนี้อากาศดี", "ใช่"),
    "emoji": ("🍕", "I love 🍕 and 👍🏽!", "Me too \N{SNOWMAN}\ufe0f"),
    "odd": ("% _ \\", "select * from \"turns\"; -- ' OR 1=1", "½ cup ﬁne ①"),
    "long": ("Long words", LONG, f"{'z' * 64}a and {'y' * 63}"),
    "silent": ("", "", ""),
}  # fmt: skip

QUERIES = {
    "": set(CORPUS),
    "   \n": set(CORPUS),
    "sea": {"sea"},
    "SEA": {"sea"},
    "seas": {"sea"},
    "lighthouse": {"sea"},
    "keepers ran": set(),
    "keeper runs": {"sea"},
    "story keeper sea": {"sea"},
    "story cream": set(),
    '"tell me a story"': {"sea"},
    '"me tell"': set(),
    '"lighthouses once"': set(),
    '"the sea"': {"sea"},
    '"sea tell"': set(),
    "“the sea”": {"sea"},
    '"the sea': {"sea"},
    '"" sea': {"sea"},
    "light*": {"sea"},
    "runni*": {"sea"},
    "lighthouses*": {"sea"},
    "xylo*": set(),
    "l* s*": {"sea", "cafe"},
    "creme brulee": {"recipes"},
    "CRÈME": {"recipes"},
    "dont": {"recipes"},
    "don\u2019t": {"recipes"},
    "don't it's": {"recipes"},
    "100%": {"recipes"},
    "10*": {"recipes"},
    "00": set(),
    "cafe": {"cafe"},
    "12:30": {"cafe"},
    "12 30": {"cafe"},
    "30:12": set(),
    "example.com": {"cafe"},
    "snake_case": {"cafe"},
    "case_snake": set(),
    "street\\lane": {"cafe"},
    "strasse": {"german"},
    "GROSSE": {"german"},
    "übergrö*": {"german"},
    "你好": {"chinese"},
    "天气": {"chinese"},
    "气天": set(),
    "天": {"chinese", "japanese"},
    "天*": {"chinese", "japanese"},
    "北京 明天": {"chinese"},
    "ガラス": {"japanese"},
    "カラス": {"japanese"},
    "ガラスカ": set(),
    "서울": {"korean"},
    "날씨": {"korean"},
    "مرحبا": {"arabic"},
    "شكرًا": {"arabic"},
    "чай": {"russian"},
    "ЧАЙ зеленый": {"russian"},
    "чаи": set(),
    "елка": {"russian"},
    "зел*": {"russian"},
    "मौसम": {"hindi"},
    "मौसम कैसा": {"hindi"},
    "मस": set(),
    "อากาศ": {"thai"},
    "🍕": {"emoji"},
    "👍": {"emoji"},
    "👍🏿": {"emoji"},
    "☃": {"emoji"},
    "🚀": set(),
    "fine": {"odd"},
    "1": {"odd"},
    "turns": {"odd"},
    "' OR 1=1 --": {"odd"},
    LONG: {"long"},
    LONG[:70]: {"long"},
    "z" * 64: {"long"},
    "z" * 10_000: {"long"},
    "y" * 64: set(),
    "y" * 62 + "*": {"long"},
    "word " * 2000: {"long"},
    "word:* & long | !sea": set(),
    "NEAR(word long)": set(),
    "word AND long": {"long"},
    "sea\0": {"sea"},
    "se\0a": set(),
    "sea -- \\ ' ; % _ & | ! ( ) < > : * ^ ~ ? [ ] { }": {"sea"},
}  # fmt: skip

NO_WORDS = [
    *("%", "_", "\\", "\0", "*", "**", '"', '""', "'", "...", "%%%", "\\%", "?!", "()", ":*", "&"),
    *(
        "|",
        "!",
        "<->",
        "-",
        "\N{EM DASH}",
        "\u200b",
        "\ufe0f",
        "\ud800",
        "\u0301",
        "\ufffd" * 10_000,
    ),
]


@pytest.fixture
def corpus(alice: User, charlie: User) -> dict[str, Conversation]:
    return {name: talk(alice, *said) for name, said in CORPUS.items()} | {
        "charlie's": talk(charlie, "The sea", "Tell me of lighthouses", "天气")
    }


def talk(user: User, title: str, *said: str) -> Conversation:
    """A conversation that is held as in a call."""
    conversation = Conversation.objects.create(user=user, persona=default_persona())
    call = Call.objects.create(conversation=conversation, worker="host:1")
    for position, text in enumerate(said):
        say(call, position, text)
    store.rename_conversation(conversation, title)
    return conversation


def say(call: Call, position: int, text: str, **wishes: Any) -> None:
    role = wishes.pop("role", "assistant" if position % 2 else "user")
    wanted: dict[str, Any] = {
        "modality": "audio",
        "status": "completed",
        "started_at": timezone.now().timestamp(),
        **wishes,
    }
    turn = CallTurn(item_id=f"item_{position}", role=role, text=text, **wanted)
    store.save_turn(call, SaveTurn(position, turn))


def found(user: User, query: str, corpus: dict[str, Conversation]) -> set[str]:
    names = {conversation.pk: name for name, conversation in corpus.items()}
    conversations = search.conversations_saying(conversations_of(user), query)
    listed = list(conversations)
    assert conversations.count() == len(listed)
    excerpts = search.excerpts(listed, query)
    assert set(excerpts) <= {conversation.pk for conversation in listed}
    return {names[conversation.pk] for conversation in listed}


def test_every_query_finds_what_it_should(alice: User, corpus: dict[str, Conversation]) -> None:
    wrong = {
        query[:40]: (there, expected)
        for query, expected in [*QUERIES.items(), *((odd, set()) for odd in NO_WORDS)]
        if (there := found(alice, query, corpus)) != expected
    }
    assert not wrong


def test_a_turn_is_found_once_it_is_settled_and_as_it_was_said_last(alice: User) -> None:
    conversation = talk(alice, "Weather", "Is it raining?")
    call = conversation.calls.get()
    say(call, 1, "It is pouring", status="in_progress")
    assert not saying(alice, "pouring")
    say(call, 1, "It is pouring outside")
    assert saying(alice, "pouring rain")
    say(call, 1, "It is sunny")
    assert not saying(alice, "pouring")
    assert saying(alice, "sunny rain")


def test_what_was_cut_by_the_end_of_a_call_is_found(alice: User) -> None:
    conversation = talk(alice, "Weather", "Is it raining?")
    call = conversation.calls.get()
    say(call, 1, "It is pouring", status="in_progress")
    store.end_call(call.pk, 1011, "worker died")
    assert saying(alice, "pouring")


def test_a_title_is_found_until_it_changes(alice: User) -> None:
    conversation = talk(alice, "", "Tell me of volcanoes")
    assert saying(alice, '"of volcanoes"')
    store.rename_conversation(conversation, "Fire and smoke")
    assert saying(alice, '"fire and smoke" volcano')
    store.rename_conversation(conversation, "Mountains")
    assert not saying(alice, "smoke")
    assert saying(alice, "mountain volcano")


def test_what_a_tool_was_told_is_not_searched(alice: User) -> None:
    conversation = talk(alice, "Numbers", "What is six times seven?")
    say(conversation.calls.get(), 1, "forty-two", role="tool", tool_name="calculate")
    assert not saying(alice, "forty")


def test_what_is_erased_leaves_the_index(alice: User, corpus: dict[str, Conversation]) -> None:
    corpus["sea"].delete()
    assert found(alice, "lighthouse", corpus) == set()
    assert found(alice, "cream", corpus) == {"recipes"}


def test_reindex_makes_the_same_again(alice: User, corpus: dict[str, Conversation]) -> None:
    before = passages()
    Passage.objects.all().delete()
    assert found(alice, "lighthouse", corpus) == set()
    assert reindexed(missing=True) == f"Indexed {len(CORPUS) + 1} conversations.\n"
    assert passages() == before
    assert found(alice, "lighthouse", corpus) == {"sea"}
    assert reindexed(missing=True) == ""
    corpus["sea"].turns.update(text="Ships that pass in the night")
    assert reindexed() == f"Indexed {len(CORPUS) + 1} conversations.\n"
    assert found(alice, "lighthouse", corpus) == set()
    assert found(alice, '"ship that passed"', corpus) == {"sea"}


def test_words_are_stemmed_in_the_language_of_the_site(alice: User, settings: Settings) -> None:
    settings.SEARCH_LANGUAGE = "german"
    talk(alice, "Reisen", "Wir fuhren mit den Zügen durch die Wälder")
    assert saying(alice, "zug wald")
    settings.SEARCH_LANGUAGE = "none"
    talk(alice, "Travels", "We took trains through forests")
    assert saying(alice, "trains forests")
    assert not saying(alice, "train")


def test_an_excerpt_is_the_part_that_says_most(alice: User) -> None:
    before, after = "before " * 60, "after " * 60
    conversation = talk(
        alice, "A day", "the sea", f"{before}the lighthouse by the sea {after}", "lighthouse"
    )
    excerpt = search.excerpts([conversation], "lighthouse sea")[conversation.pk]
    assert excerpt.turn.position == 1
    text = "".join(part.text for part in excerpt.parts)
    assert text.startswith("…before")
    assert text.endswith("after…")
    assert len(text) <= 222
    assert [part.text for part in excerpt.parts if part.is_found] == ["lighthouse", "sea"]
    assert search.excerpts([conversation], "day") == {}


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Die STRASSEN, Straße!", "straße", ["Straße"]),
        ("a crème brûlée", '"creme brulee"', ["crème brûlée"]),
        ("well-known, well known, known well", "well-known", ["well-known", "well known"]),
        ("今天天气好", "天气", ["天气"]),
        ("running runs runner", "run*", ["running", "runs", "runner"]),
        ("sea sea", '"sea sea" sea', ["sea sea"]),
        ("I ❤\ufe0f 🍕🍕", "🍕", ["🍕", "🍕"]),
        ("nothing", "%", []),
    ],
)
def test_what_was_found_is_marked_in_its_text(text: str, query: str, expected: list[str]) -> None:
    parts = search.marked(text, query)
    assert [part.text for part in parts if part.is_found] == expected
    assert "".join(part.text for part in parts) == text


@given(st.text(max_size=200), st.text(max_size=80))
def test_any_text_and_any_query_have_words_that_the_index_takes(text: str, query: str) -> None:
    words = search.words_of(text)
    assert re.fullmatch("(?:[a-z0-9]+(?: [a-z0-9]+)*)?", words)
    assert "".join(part.text for part in search.marked(text, query)) == text
    asked = search.parse(query)
    assert sum(len(term.stems) for term in asked.terms) <= 20


def saying(user: User, query: str) -> bool:
    return search.conversations_saying(conversations_of(user), query).exists()


def passages() -> set[tuple[Any, ...]]:
    """All passages; the words of a whole conversation are in no order after the title."""
    rows = Passage.objects.values_list("conversation", "turn", "words")
    return {(key, turn, words if turn else frozenset(words.split())) for key, turn, words in rows}


def reindexed(**options: Any) -> str:
    told = StringIO()
    call_command("reindex", stdout=told, **options)
    return told.getvalue()
