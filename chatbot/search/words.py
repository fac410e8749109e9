"""What the search takes for words: folded and stemmed here, not in the database, so that every
kind of database finds the same.

A word is a run of letters, digits and their marks. Case, diacritics and apostrophes do not count.
Where a script puts no spaces between words, each of its characters is one, and so is each emoji.
In the index a word has ASCII letters and digits alone, which no database takes apart or changes.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from django.conf import settings

#: Longer words are cut, in what is said and in what is asked.
MAX_WORD = 64

_MARKS = "".join(
    chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc")
)
#: Thai to Lao, Burmese, Khmer, signs, kana, bopomofo, Han, Hangul, emoji, rarer Han.
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2600-\u27bf\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U0001f000-\U0001f3fa"
    "\U0001f400-\U0001faff\U00020000-\U0003ffff"
)
_LETTER = rf"(?:(?![_{_ALONE}])[\w{_MARKS}])"
_JOINT = "['\u2019\u02bc\u00ad]"
_WORD = re.compile(
    rf"(?P<alone>[{_ALONE}])[{_MARKS}]*|{_LETTER}+(?:{_JOINT}{_LETTER}+)*", re.UNICODE
)
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*")
_PLAIN = re.compile(r"[a-z][a-z0-9]*")
_JOINTS = str.maketrans("", "", "'\u2019\u02bc\u00ad" + "".join(map(chr, range(0xFE00, 0xFE10))))
#: A mark from this combining class on is a diacritic; lower ones are letters of their scripts.
_DIACRITICS = 10
#: What the letters of other words become: the hexadecimal digits of their UTF-8. No "e", which
#: after a digit would begin an exponent.
_DIGITS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as the index has it, and where it stands in the text. `form` is what was said and
    `stem` what is searched for."""

    stem: str
    form: str
    start: int
    end: int
    stands_alone: bool


def words_in(text: str) -> Iterator[Word]:
    """Every word of the text, in order."""
    pattern = _ASCII_WORD if text.isascii() else _WORD
    for found in pattern.finditer(text):
        stands_alone = found.lastgroup == "alone"
        for form, stem in _read(found[0], settings.SEARCH_LANGUAGE):
            yield Word(stem, form, found.start(), found.end(), stands_alone)


def words_of(text: str) -> str:
    """What the index keeps of a text: the stems in order, then the forms that differ from them."""
    words = list(words_in(text))
    forms = dict.fromkeys(as_form(word.form) for word in words if word.form != word.stem)
    return " ".join([*(word.stem for word in words), *forms])


def as_form(word: str) -> str:
    """A form in the index, where it is no stem."""
    return f"0w{word}"


@lru_cache(maxsize=50_000)
def _read(said: str, language: str) -> tuple[tuple[str, str], ...]:
    """Form and stem of a word; of some characters (½) two words come."""
    folded = _fold(said)
    words = [folded] if folded.isalnum() else [found[0] for found in _WORD.finditer(folded)]
    stem = _stemmer(language)
    return tuple((_spell(word), _spell(stem(word))) for word in (w[:MAX_WORD] for w in words))


def _fold(said: str) -> str:
    """Without case, diacritics, what joins letters and what chooses the look of an emoji."""
    letters = said.translate(_JOINTS)
    if letters.isascii():
        return letters.lower()
    kept: list[str] = []
    for letter in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", letters).casefold()):
        is_short_i = letter == "\u0306" and kept[-1:] == ["\u0438"]  # no diacritic to its readers
        if unicodedata.combining(letter) < _DIACRITICS or is_short_i:
            kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept))


def _spell(word: str) -> str:
    """The word in ASCII; what begins alike is spelled alike at its beginning."""
    if _PLAIN.fullmatch(word):
        return word
    return "0" + word.encode(errors="replace").hex().translate(_DIGITS)


@cache
def _stemmer(language: str) -> Callable[[str], str]:
    if language == "none":
        return lambda word: word
    import snowballstemmer  # takes a while, and most commands search nothing

    algorithm = snowballstemmer.stemmer(language)
    lock = threading.Lock()  # it keeps the word at hand in itself

    def stem(word: str) -> str:
        with lock:
            return algorithm.stemWord(word) or word

    return stem
