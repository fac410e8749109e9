"""Cut a growing text into pieces that can be spoken: a first clause, then whole sentences."""

from __future__ import annotations

import re

#: A first clause shorter than this sounds torn off; it waits for more.
FIRST_CLAUSE_CHARS = 12
#: A sentence longer than this is spoken in clauses.
LONG_SENTENCE_CHARS = 220

_CLOSING = "[\"'\u201d\u2019)\\]]*"
_SENTENCE_END = re.compile(rf"[.!?…]+{_CLOSING}\s+|\n+\s*")
_LAST_SENTENCE_END = re.compile(rf"[.!?…]{_CLOSING}\s*$")
_CLAUSE_END = re.compile(r"[,;:—]\s+")
_TITLES = frozenset(["mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "e.g", "i.e", "jr", "sr"])
_MARKUP = re.compile(r"[*_`#>|~\[\]]+")
_WORD = re.compile(r"\w")


class Sentences:
    """Fed text as it is written; the pieces together are exactly the text."""

    def __init__(self) -> None:
        self._rest = ""
        self._any = False

    def feed(self, text: str) -> list[str]:
        """Add text; get the pieces that are now complete, trailing white space included."""
        self._rest += text
        pieces = []
        while cut := self._cut():
            pieces.append(self._rest[:cut])
            self._rest = self._rest[cut:]
            self._any = True
        return pieces

    def flush(self) -> list[str]:
        """The text is over: what is left is the last piece."""
        rest, self._rest = self._rest, ""
        return [rest] if rest else []

    def _cut(self) -> int:
        for found in _SENTENCE_END.finditer(self._rest):
            if found.end() < len(self._rest) and _ends_sentence(self._rest, found):
                return found.end()
        if not self._any:
            return _clause_end(self._rest, FIRST_CLAUSE_CHARS)
        if len(self._rest) > LONG_SENTENCE_CHARS:
            return _clause_end(self._rest, LONG_SENTENCE_CHARS // 2)
        return 0


def ends_sentence(piece: str) -> bool:
    """Whether a piece closes a sentence, so that an answer may end after it."""
    return bool(_LAST_SENTENCE_END.search(piece))


def speakable(piece: str) -> str:
    """What a voice reads aloud of a piece: no markup; empty when no word is left."""
    text = _MARKUP.sub(" ", piece).strip()
    return text if _WORD.search(text) else ""


def _ends_sentence(text: str, found: re.Match[str]) -> bool:
    """False after a title, an initial or a list number ("Dr. Smith", "J. Smith", "1. Wash")."""
    if text[found.start()] != ".":
        return True
    word = re.split(r"\s", text[: found.start()])[-1].lstrip("(\"'\u201c\u2018").lower()
    is_initial = len(word) == 1 and word.isalpha() and word != "i"
    starts_list = word.isdigit() and text[: found.start()].rstrip("0123456789")[-1:] in ("", "\n")
    return not (word in _TITLES or is_initial or starts_list)


def _clause_end(text: str, least: int) -> int:
    for found in _CLAUSE_END.finditer(text):
        if found.start() >= least and found.end() < len(text):
            return found.end()
    return 0
