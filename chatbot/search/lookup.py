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

from chatbot.models import Conversation, Passage
from chatbot.search.query import Query, Term, beginnings, parse


def conversations_saying(
    conversations: QuerySet[Conversation], query: str
) -> QuerySet[Conversation]:
    """Those of the conversations in which each word was said, in a turn or in the title; all of
    them for a blank query, none for one that holds no word."""
    asked = parse(query)
    if not asked.terms:
        return conversations if asked.is_blank else conversations.none()
    found = Passage.objects.filter(_indexed(asked.terms), turn=None)
    conversations = conversations.filter(pk__in=found.values("conversation"))
    for phrase in asked.phrases:
        passages = Passage.objects.filter(conversation=OuterRef("pk"))
        conversations = conversations.filter(Exists(passages.filter(_is_adjacent(phrase))))
    return conversations


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


def _indexed(terms: tuple[Term, ...]) -> Func:
    """The database's index has all of the words for the passage; of phrases, wherever they are."""
    boolean = BooleanField()
    if connection.vendor == "postgresql":
        asked = _all_of(terms, "'{}'", "'{}':*", " & ", " | ")
        template = "(to_tsvector('simple', %(expressions)s::tsquery)"
        return Func(
            F("words"), Value(asked), template=template, arg_joiner=") @@ ", output_field=boolean
        )
    asked = _all_of(terms, '"{}"', '"{}" *', " AND ", " OR ")
    table = "chatbot_passage_words"
    return Func(
        F("pk"),
        Value(asked),
        template="(%(expressions)s))",
        arg_joiner=f" IN (SELECT rowid FROM {table} WHERE {table} MATCH ",  # noqa: S608
        output_field=boolean,
    )


def _all_of(terms: tuple[Term, ...], word: str, prefix: str, all_of: str, any_of: str) -> str:
    """What the database's index is asked, in its language: words of it need no escaping."""
    asked: dict[str, None] = {}
    for term in terms:
        if term.is_prefix:
            begun = any_of.join(prefix.format(begins) for begins in beginnings(term))
            asked[f"({begun})"] = None
        else:
            asked |= dict.fromkeys(word.format(stem) for stem in term.stems)
    return all_of.join(asked)
