"""How much of what was said a new session of the upstream is told."""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.realtime.turns import Turn

#: About 6,000 tokens at four characters each: room for an answer in the smallest context.
CONTEXT_CHARACTERS = 24_000


def newest_that_fit(turns: Iterable[Turn]) -> list[Turn]:
    """The newest turns that hold words and fit together, in order; of a cut answer what was
    heard. Tools' turns are left out: their results stand in the answers."""
    kept: list[Turn] = []
    left = CONTEXT_CHARACTERS
    for turn in reversed(list(turns)):
        words = "" if turn.role == "tool" else turn.context_text
        left -= len(words)
        if left < 0:
            break
        if words:
            kept.append(turn)
    return kept[::-1]
