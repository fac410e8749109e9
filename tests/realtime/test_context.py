"""What is known of a conversation that goes on: whether its user still waits for an answer."""

from __future__ import annotations

import pytest

from chatbot.realtime.context import ends_unanswered
from chatbot.realtime.turns import Turn

ASKED = Turn("u1", "user", status="completed", text="What is the time?")
NOT_UNDERSTOOD = Turn("u2", "user", status="failed", error="The words could not be recognised.")
ANSWERED = Turn("a1", "assistant", status="completed", text="It is noon.")
CUT = Turn("a1", "assistant", status="interrupted", text="It is noon.", heard_ms=400)
UNHEARD = Turn("a1", "assistant", status="interrupted", text="It is noon.", heard_ms=0)
WRITTEN = Turn("a1", "assistant", "text", "interrupted", text="It is")
USED = Turn("t1", "tool", status="completed", text="12:00")


@pytest.mark.parametrize(
    "turns",
    [
        [ASKED],
        [ANSWERED, ASKED],
        [ASKED, USED],
        [ASKED, UNHEARD],
        [ASKED, UNHEARD, USED],
        [ASKED, NOT_UNDERSTOOD],
    ],
)
def test_whoever_has_heard_nothing_in_return_waits(turns: list[Turn]) -> None:
    assert ends_unanswered(turns)


@pytest.mark.parametrize(
    "turns",
    [
        [],
        [NOT_UNDERSTOOD],
        [ASKED, ANSWERED],
        [ASKED, CUT],
        [ASKED, WRITTEN],
        [ASKED, USED, ANSWERED],
        [ASKED, ANSWERED, NOT_UNDERSTOOD],
    ],
)
def test_whoever_has_heard_something_does_not(turns: list[Turn]) -> None:
    assert not ends_unanswered(turns)
