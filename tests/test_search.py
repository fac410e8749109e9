"""Search in what was said finds the same on PostgreSQL and SQLite, whatever is asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from chatbot import search, store
from chatbot.access import conversations_of
from chatbot.models import Call, Conversation, User
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
