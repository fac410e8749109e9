"""What the search keeps of a sentence."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=200_000)
def words_of(sentence: str) -> str:
    """The words of a sentence, between single spaces."""
    return " ".join(re.findall(r"\w+", sentence.casefold()))
