"""What somebody looks for: words, "quoted phrases", the beginnings of words*."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from chatbot.search.words import Word, as_form, words_in

#: What is asked beyond these is left out.
MAX_CHARACTERS = 1000
MAX_WORDS = 20

_CHUNK = re.compile(r'"([^"]*)"|([^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"'))


@dataclass(frozen=True)
class Term:
    """Stems that are said one after the other; or the beginning of a word."""

    stems: tuple[str, ...]
    is_prefix: bool = False

    @property
    def is_phrase(self) -> bool:
        return len(self.stems) > 1

    def length_at(self, words: Sequence[Word], place: int) -> int:
        """How many of the words say it from there on; 0 when they do not."""
        if self.is_prefix:
            word, begun = words[place], self.stems[0]
            return int(word.form.startswith(begun) or word.stem.startswith(begun))
        said = tuple(word.stem for word in words[place : place + len(self.stems)])
        return len(said) if said == self.stems else 0


@dataclass(frozen=True)
class Query:
    """All of `terms` are looked for. `is_cut` when it was longer than that."""

    terms: tuple[Term, ...]
    is_blank: bool
    is_cut: bool

    @property
    def phrases(self) -> list[Term]:
        return [term for term in self.terms if term.is_phrase]


def parse(text: str) -> Query:
    """Never fails: what holds no word has no terms.

    Words with no space between them ("well-known", Chinese) are a phrase.
    """
    return _parse(text, settings.SEARCH_LANGUAGE)


@lru_cache(maxsize=64)
def _parse(text: str, language: str) -> Query:
    terms: dict[Term, None] = {}
    left, is_cut = MAX_WORDS, len(text) > MAX_CHARACTERS
    for found in _CHUNK.finditer(text[:MAX_CHARACTERS].translate(_QUOTES)):
        term = _term(found[1] or found[2] or "", may_be_prefix=found[2] is not None)
        if not term.stems or term in terms:
            continue
        is_cut = is_cut or len(term.stems) > left
        if not left:
            break
        kept = Term(term.stems[:left], term.is_prefix)
        terms[kept] = None
        left -= len(kept.stems)
    return Query(tuple(terms), not text.strip(), is_cut)


def _term(chunk: str, *, may_be_prefix: bool) -> Term:
    words = list(words_in(chunk))
    is_prefix = may_be_prefix and chunk.endswith("*") and len(words) == 1
    if is_prefix and not words[0].stands_alone:
        return Term((words[0].form,), is_prefix=True)
    return Term(tuple(word.stem for word in words))


def beginnings(term: Term) -> tuple[str, str]:
    """What words of the index begin with for a prefix."""
    (begun,) = term.stems
    return begun, as_form(begun)
