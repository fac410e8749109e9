"""Catalogues: what is marked is found, and what is translated fits and is compiled."""

from __future__ import annotations

import ast
import re

import pytest
from babel.messages.catalog import Message
from django.conf import settings

from script.install import ROOT
from script.translations import (
    DOMAINS,
    compiled,
    is_translated,
    languages,
    read,
    sentences,
    source,
    template,
)

CATALOGUES = [(language, domain) for language in languages() for domain in DOMAINS]
#: "%(name)s", "%d", and "{name}" of the scripts.
_VALUE = re.compile(r"%\(\w+\)\w|%[sd]|\{\w+\}")


def translated(language: str, domain: str) -> list[Message]:
    return [message for message in read(language, domain) if message.id and is_translated(message)]


def words(message: Message) -> tuple[list[str], list[str]]:
    """The sentence in all its forms, in English and translated."""
    english, string = message.id, message.string or ""
    return (
        [english] if isinstance(english, str) else list(english),
        [string] if isinstance(string, str) else list(string),
    )


@pytest.mark.parametrize(
    ("domain", "path", "sentence"),
    [
        ("django", "templates/history.html", "No conversations yet"),
        ("django", "history.html", ("%(counter)s conversation", "%(counter)s conversations")),
        ("django", "chatbot/forms.py", "Give the conversation a name."),
        ("django", "chatbot/realtime/problems.py", "Go ahead, speak."),
        ("django", "chatbot/tools/clock.py", "Look at the clock"),
    ],
)  # fmt: skip
def test_what_is_marked_is_found(domain: str, path: str, sentence: str | tuple[str, ...]) -> None:
    found = [where.as_posix() for where, each in sentences(domain) if each == sentence]
    assert any(where.endswith(path) for where in found)


def test_there_are_catalogues_for_every_language_but_english() -> None:
    assert languages() == sorted(code for code, _ in settings.LANGUAGES if code != "en")


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_what_programs_read_is_compiled_of_what_people_wrote(language: str, domain: str) -> None:
    kept = source(language, domain).with_suffix(".mo").read_bytes()
    assert kept == compiled(read(language, domain)), "run: python -m script.translations"


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_a_translation_has_the_values_of_its_sentence(language: str, domain: str) -> None:
    assert translated(language, domain)
    for message in translated(language, domain):
        english, string = words(message)
        values = {value for form in english for value in _VALUE.findall(form)}
        for form in string:
            assert set(_VALUE.findall(form)) <= values, form
        assert set(_VALUE.findall(string[-1])) == values, string


def sentence_of(call: ast.Call) -> ast.expr | None:
    """What a `Problem` or a `ToolError` is told to say."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    place = {"Problem": 1, "ToolError": 0}.get(name)
    return call.args[place] if place is not None and len(call.args) > place else None


def test_every_sentence_of_a_problem_is_marked() -> None:
    """But for those that API clients read, who are told in English."""
    unmarked = []
    files = (ROOT / "chatbot").rglob("*.py")
    for path in sorted(path for path in files if path.name != "gateway.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(sentence_of(node), ast.Constant):
                unmarked.append(f"{path.name}:{node.lineno}")
    assert unmarked == []


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_everything_is_translated(language: str, domain: str) -> None:
    known = {message.id for message in translated(language, domain)}
    wanted = {message.id for message in template(domain) if message.id}
    hint = "run: python -m script.translations, translate what is empty, and run it again"
    assert sorted(map(str, wanted - known)) == [], hint
