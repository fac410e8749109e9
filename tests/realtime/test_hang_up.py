"""A call that ends right behind the user's words: what was heard as speech leaves a row."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot.realtime.audio import bytes_of
from chatbot.realtime.transcript import NOT_RECOGNISED
from tests.realtime.test_call import FRAME, Harness, reopen

COMMIT = {"type": "input_audio_buffer.commit"}
COMMITTED = {"type": "input_audio_buffer.committed", "item_id": "u1"}
CLEAR = {"type": "input_audio_buffer.clear"}
STARTED = {"type": "input_audio_buffer.speech_started", "item_id": "u1"}
HANG_UP = {"type": "chat.hangup"}


def push_to_talk(*, ready: bool = True) -> Harness:
    """A call whose turns the user ends."""
    h = Harness(ready=ready)
    heard = {"input": {"turn_detection": None}}
    h.browser({"type": "session.update", "session": {"type": "realtime", "audio": heard}})
    if ready:
        h.upstream({"type": "session.updated", "session": {}})
    h.forget()
    return h


def say(h: Harness, ms: int) -> None:
    for _ in range(0, ms, 40):
        h.browser(FRAME)
    assert len(FRAME) == bytes_of(40)


def rows(h: Harness) -> list[tuple[str, str, str]]:
    return [(turn.role, turn.status, turn.error) for turn in h.saved()]


FAILED = ("user", "failed", NOT_RECOGNISED)


@pytest.mark.parametrize("ready", [True, False])
def test_words_ended_by_hand_leave_a_row_when_the_call_ends_at_once(ready: bool) -> None:
    h = push_to_talk(ready=ready)
    say(h, 2000)
    h.browser(COMMIT)
    h.browser(HANG_UP)
    assert rows(h) == [FAILED]


def test_a_row_is_left_once_when_the_upstream_has_taken_the_words() -> None:
    h = push_to_talk()
    say(h, 2000)
    h.browser(COMMIT)
    h.upstream(COMMITTED)
    h.browser(HANG_UP)
    assert rows(h) == [FAILED]
    assert h.saved()[0].item_id == "u1"


def test_words_that_were_understood_are_not_followed_by_an_empty_row() -> None:
    h = push_to_talk()
    say(h, 2000)
    h.browser(COMMIT)
    h.upstream(COMMITTED)
    kind = "conversation.item.input_audio_transcription.completed"
    h.upstream({"type": kind, "item_id": "u1", "transcript": "Hello."})
    h.browser(HANG_UP)
    assert rows(h) == [("user", "completed", "")]


@pytest.mark.parametrize("last", [[CLEAR], [CLEAR, COMMIT], []], ids=str)
def test_what_was_taken_back_or_never_ended_leaves_none(last: list[dict[str, Any]]) -> None:
    h = push_to_talk()
    say(h, 2000)
    for event in last:
        h.browser(event)
    h.browser(HANG_UP)
    assert rows(h) == []


def test_words_said_again_to_a_new_session_leave_one_row() -> None:
    h = push_to_talk()
    say(h, 2000)
    h.browser(COMMIT)
    reopen(h)
    h.upstream({"type": "session.updated", "session": {}})
    assert h.types(h.to_upstream)[-1] == "input_audio_buffer.commit"
    h.browser(HANG_UP)
    assert rows(h) == [FAILED]


def test_speech_that_the_detector_has_noticed_leaves_a_row_when_the_call_ends_in_it() -> None:
    h = Harness()
    say(h, 2000)
    h.upstream(STARTED)
    h.browser(HANG_UP)
    assert rows(h) == [FAILED]


def test_a_silent_call_leaves_none() -> None:
    h = Harness()
    say(h, 2000)
    h.browser(HANG_UP)
    assert rows(h) == []
