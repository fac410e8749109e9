"""How much of what was said a new session of the upstream is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


def ends_unanswered(turns: Sequence[Turn]) -> bool:
    """Whether the user has said something and has heard nothing in return."""
    said = [turn for turn in turns if turn.role != "tool" and turn.text]
    if not said:
        return False
    last = said[-1]
    return last.role == "user" or (last.status == "interrupted" and last.heard_ms == 0)
