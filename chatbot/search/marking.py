"""Shows what was found: the words in their text, and the place of a conversation to read first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from chatbot.models import Conversation, Passage, Turn
from chatbot.search.lookup import passages_saying
from chatbot.search.query import Query, parse
from chatbot.search.words import words_in

EXCERPT_CHARACTERS = 220


@dataclass(frozen=True)
class Part:
    """A piece of a text that was found, or one between such."""

    text: str
    is_found: bool


@dataclass(frozen=True)
class Excerpt:
    """Where a conversation says what was looked for: the part of a turn around it."""

    turn: Turn
    parts: list[Part]


def excerpts(conversations: Iterable[Conversation], query: str) -> dict[UUID, Excerpt]:
    """By conversation, the turn that says most of it, the first of such; none where only the
    title does. Two queries for all of them."""
    asked = parse(query)
    if not asked.terms:
        return {}
    keys = [conversation.pk for conversation in conversations]
    best: Any = passages_saying(Passage.objects.filter(conversation=OuterRef("pk")), asked)
    best = best.order_by("-matches", "turn__position")
    rows = Conversation.objects.filter(pk__in=keys).order_by()
    found = rows.annotate(best=Subquery(best.values("turn")[:1])).values_list("best", flat=True)
    turns = Turn.objects.filter(pk__in=[turn for turn in found if turn is not None])
    return {turn.conversation_id: Excerpt(turn, excerpt(turn.text, asked)) for turn in turns}


def turns_found(conversation: Conversation, query: str) -> dict[int, int]:
    """The turns of one conversation that say any of it, in order: the place of each by its key."""
    asked = parse(query)
    if not asked.terms:
        return {}
    found = passages_saying(Passage.objects.filter(conversation=conversation), asked)
    in_order = found.order_by("turn__position", "turn")
    return dict(in_order.values_list("turn", "turn__position"))


def marked(text: str, query: str) -> list[Part]:
    """All of the text, with what was found in it."""
    return _parts(text, _places(text, parse(query)))


def excerpt(text: str, asked: Query, characters: int = EXCERPT_CHARACTERS) -> list[Part]:
    """The part of the text around what was found first, without line breaks, so long at most."""
    text = " ".join(text.split())
    places = _places(text, asked)
    first = places[0][0] if places else 0
    start = 0 if first < characters // 2 else first - characters // 3
    end = min(start + characters, len(text))
    if start:
        start = text.find(" ", start, first) + 1 or start
    if end < len(text):
        end = max(text.rfind(" ", start + characters // 2, end), 0) or end
    inside = [(a - start, min(b, end) - start) for a, b in places if start <= a < end]
    parts = _parts(text[start:end], inside)
    before = [Part("…", is_found=False)] if start else []
    after = [Part("…", is_found=False)] if end < len(text) else []
    return [*before, *parts, *after]


def _places(text: str, asked: Query) -> list[tuple[int, int]]:
    """Where it says what was asked, in order, from and to, none within another."""
    words = list(words_in(text)) if asked.terms else []
    places: list[tuple[int, int]] = []
    for place, word in enumerate(words):
        length = max(term.length_at(words, place) for term in asked.terms)
        if not length:
            continue
        end = words[place + length - 1].end
        if places and word.start < places[-1][1]:
            places[-1] = (places[-1][0], max(places[-1][1], end))
        else:
            places.append((word.start, end))
    return places


def _parts(text: str, places: list[tuple[int, int]]) -> list[Part]:
    parts = []
    done = 0
    for start, end in places:
        if start > done:
            parts.append(Part(text[done:start], is_found=False))
        parts.append(Part(text[start:end], is_found=True))
        done = end
    if done < len(text):
        parts.append(Part(text[done:], is_found=False))
    return parts
