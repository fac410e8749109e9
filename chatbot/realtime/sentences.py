"""Sentences for people: written in English where they arise, translated where they leave the call.

`N_` marks them, so that catalogues can be made of them; the shell of a call gives it a `Translate`
that knows its user's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Event = dict[str, Any]
Translate = Callable[[str], str]
Arguments = Mapping[str, str | int | float]

#: Where our own events hold words for people.
_WORDS = {
    "chat.status": "message",
    "chat.tool.asked": "title",
    "chat.tool.finished": "error",
    "chat.tool.started": "title",
}


def N_(sentence: str) -> str:
    """Marks a sentence for translation, and changes nothing."""
    return sentence


def in_english(sentence: str) -> str:
    """The `Translate` of those who want none."""
    return sentence


def filled(template: str, arguments: Arguments | None) -> str:
    """A sentence with its values: "%(name)s" in a template that has any."""
    return template % arguments if arguments else template


def in_words_of(translate: Translate, event: Event) -> Event:
    """An event whose words are in the user's language; what is no sentence of ours stays."""
    name = _WORDS.get(event["type"])
    if name is None or not event.get(name):
        return event
    return {**event, name: translate(event[name])}
