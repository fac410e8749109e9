"""Finds conversations and turns by what was said in them.

All words of a conversation stand in one passage (`chatbot.search.index`), of which the database
keeps an index: however many words are asked for, it is read once. That words are adjacent, and in
which turn, is read from the passages of the few conversations that come into question.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from chatbot.models import Conversation, Passage, Turn
from chatbot.search.query import Query, Term, beginnings, parse

#: So much is read to choose the turns that say most.
MOST_CONVERSATIONS = 300
MOST_TURNS = 50


def conversations_saying(
    conversations: QuerySet[Conversation], query: str
) -> QuerySet[Conversation]:
    """Those of the conversations in which each word was said, in a turn or in the title; all of
    them for a blank query, none for one that holds no word."""
    asked = parse(query)
    if not asked.terms:
        return conversations if asked.is_blank else conversations.none()
    return conversations.filter(*_conditions(asked))


def turns_saying(conversations: QuerySet[Conversation], query: str) -> list[Turn]:
    """What was said of it in the newest of these conversations that say any of it: the turns that
    say most of it first, then the newest, with their conversations."""
    asked = parse(query)
    if not asked.terms:
        return []
    anywhere = conversations.filter(_indexed(asked.terms, any_of_them=True))
    saying = anywhere.order_by("-updated_at")
    keys = list(saying.values_list("pk", flat=True)[:MOST_CONVERSATIONS])
    found: Any = passages_saying(Passage.objects.filter(conversation__in=keys), asked)
    in_order = found.order_by("-matches", "-turn__started_at", "-turn")[:MOST_TURNS]
    return [passage.turn for passage in in_order.select_related("turn__conversation")]


def passages_saying(passages: QuerySet[Passage], asked: Query) -> QuerySet[Passage]:
    """The passages of turns that say any of it; `matches` counts how much of it."""
    said = [_said(term) for term in asked.terms]
    matches: Any = sum((Case(When(one, then=1), default=0) for one in said), Value(0))
    any_said = Q()
    for one in said:
        any_said |= Q(one)
    return passages.filter(any_said, turn__isnull=False).annotate(matches=matches)


def _said(term: Term) -> Q:
    """The passage says the term."""
    if not term.is_prefix:
        return Q(_Like(f"% {' '.join(term.stems)} %"))
    stem, form = beginnings(term)
    return Q(_Like(f"% {stem}%")) | Q(_Like(f"% {form}%"))


def _conditions(asked: Query) -> list[Any]:
    """What conversations must fulfil. PostgreSQL looks phrases up in an index of their own; with
    SQLite they are read from the conversations that have all of the words."""
    if connection.vendor != "postgresql":
        own = Passage.objects.filter(conversation=OuterRef("pk"))
        phrases = [Exists(own.filter(_is_adjacent(phrase))) for phrase in asked.phrases]
        return [_indexed(asked.terms), *phrases]
    words = tuple(term for term in asked.terms if not term.is_phrase)
    saying = [_in_one_passage(phrase) for phrase in asked.phrases]
    return [*([_indexed(words)] if words else []), *saying]


def _in_one_passage(phrase: Term) -> Q:
    """A turn or the title says the phrase: of those with all of its words, one in a row."""
    has_all = Func(
        F("words"),
        Value(" & ".join(_asked((phrase,), "'{}'", "", ""))),
        template="(to_tsvector('simple', split_part(%(expressions)s::tsquery)",
        arg_joiner=", '|', 1)) @@ ",
        output_field=BooleanField(),
    )
    # Not LIKE: the planner takes that for so rare that it would go through all users for each row.
    in_a_row = Func(
        F("words"),
        Value(f" {' '.join(phrase.stems)} "),
        template="(strpos(' ' || split_part(%(expressions)s) > 0)",
        arg_joiner=", '|', 1) || ' ', ",
        output_field=BooleanField(),
    )
    saying = Passage.objects.filter(has_all, in_a_row)
    return Q(pk__in=saying.values("conversation"))


def _is_adjacent(phrase: Term) -> Q:
    """The turn says it, or the title: that is what stands before the bar."""
    words = " ".join(phrase.stems)
    return Q(_Like(f"% {words} %"), turn__isnull=False) | Q(
        _Like(f"% {words} %|%"), turn__isnull=True
    )


class _Like(Func):
    """The passage's words, between spaces, are like the pattern."""

    template = "((' ' || %(expressions)s)"
    arg_joiner = " || ' ') LIKE "
    output_field = BooleanField()

    def __init__(self, pattern: str) -> None:
        super().__init__(F("words"), Value(pattern))


def _indexed(terms: tuple[Term, ...], *, any_of_them: bool = False) -> Func:
    """The database's index has all of the words for the conversation, or any of them; those of
    phrases wherever they are. `chatbot_passage_words` is what the migrations make of passages."""
    if connection.vendor == "postgresql":
        asked = (" | " if any_of_them else " & ").join(_asked(terms, "'{}'", "'{}':*", " | "))
        having = "SELECT conversation_id FROM chatbot_passage_words WHERE words @@ "
        template = "(%(expressions)s::tsquery))"
    else:
        asked = (" OR " if any_of_them else " AND ").join(_asked(terms, '"{}"', '"{}" *', " OR "))
        having = (
            "SELECT conversation_id FROM chatbot_passage WHERE id IN (SELECT rowid "
            "FROM chatbot_passage_words WHERE chatbot_passage_words MATCH "
        )
        template = "(%(expressions)s)))"
    joiner = f" IN ({having}"
    return Func(
        F("pk"), Value(asked), template=template, arg_joiner=joiner, output_field=BooleanField()
    )


def _asked(terms: tuple[Term, ...], word: str, prefix: str, either: str) -> list[str]:
    """What the database's index is asked, in its language: words of it need no escaping."""
    asked: dict[str, None] = {}
    for term in terms:
        if term.is_prefix:
            begun = either.join(prefix.format(begins) for begins in beginnings(term))
            asked[f"({begun})"] = None
        else:
            asked |= dict.fromkeys(word.format(stem) for stem in term.stems)
    return list(asked)
