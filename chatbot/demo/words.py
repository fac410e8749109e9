"""What the search keeps of a turn, sentence by sentence: most have been said before."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from chatbot.search.words import as_form, words_in


def passage_of(sentences: Iterable[str]) -> str:
    """As `search.words_of` the sentences with a space between."""
    stems: list[str] = []
    forms: dict[str, None] = {}
    for sentence in sentences:
        its_stems, its_forms = _read(sentence)
        stems += its_stems
        forms |= its_forms
    return " ".join([*stems, *forms])


@lru_cache(maxsize=100_000)
def _read(sentence: str) -> tuple[list[str], dict[str, None]]:
    words = list(words_in(sentence))
    forms = dict.fromkeys(as_form(word.form) for word in words if word.form != word.stem)
    return [word.stem for word in words], forms
