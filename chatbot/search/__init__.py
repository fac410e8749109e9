"""Search in what was said: the same on every database."""

from chatbot.search.index import keep_title, keep_turn, not_indexed, reindex, whole_of
from chatbot.search.lookup import conversations_saying, passages_saying
from chatbot.search.marking import Excerpt, Part, excerpt, excerpts, marked
from chatbot.search.query import Query, parse
from chatbot.search.words import words_of

__all__ = [
    "Excerpt",
    "Part",
    "Query",
    "conversations_saying",
    "excerpt",
    "excerpts",
    "keep_title",
    "keep_turn",
    "marked",
    "not_indexed",
    "parse",
    "passages_saying",
    "reindex",
    "whole_of",
    "words_of",
]
