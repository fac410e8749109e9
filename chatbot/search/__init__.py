"""Search in what was said: the same on every database."""

from chatbot.search.index import keep_title, keep_turn, not_indexed, reindex, whole_of
from chatbot.search.lookup import conversations_saying, turns_saying
from chatbot.search.marking import Excerpt, Part, excerpt, excerpts, marked, turns_found
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
    "reindex",
    "turns_found",
    "turns_saying",
    "whole_of",
    "words_of",
]
