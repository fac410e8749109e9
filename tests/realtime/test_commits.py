"""Turns that the user ends by hand: too short ones, and what asks for an answer to them."""

from __future__ import annotations

import pytest

from chatbot.realtime.events import Event
from tests.realtime.test_call import Harness, reopen, typed
from tests.realtime.test_hang_up import CLEAR, COMMIT, COMMITTED, push_to_talk, say

CREATE = {"type": "response.create"}
NAMED = {**COMMIT, "event_id": "mine"}
EMPTY = "input_audio_buffer_commit_empty"
REFUSED = {"type": "error", "error": {"type": "invalid_request_error", "code": EMPTY}}


def told(h: Harness) -> list[tuple[str, str | None]]:
    return [(error["code"], error.get("event_id")) for error in h.told("chat.error")]


@pytest.mark.parametrize("ms", [0, 40, 80])
@pytest.mark.parametrize("ready", [True, False])
def test_a_turn_that_is_too_short_is_refused_and_answered_by_nobody(ms: int, ready: bool) -> None:
    h = push_to_talk(ready=ready)
    say(h, ms)
    h.browser(NAMED)
    h.browser(CREATE)
    assert told(h) == [(EMPTY, "mine")]
    if not ready:
        h.upstream({"type": "session.updated", "session": {}})
    assert h.sent("input_audio_buffer.commit") == h.sent("response.create") == []


def test_what_was_too_short_is_part_of_the_next_turn() -> None:
    h = push_to_talk()
    say(h, 80)
    h.browser(NAMED)
    say(h, 40)
    h.browser(COMMIT)
    h.browser(CREATE)
    assert len(h.sent("input_audio_buffer.commit")) == len(h.sent("response.create")) == 1


def test_after_a_clear_there_is_nothing_to_end() -> None:
    h = push_to_talk()
    say(h, 2000)
    h.browser(CLEAR)
    h.browser(NAMED)
    assert told(h) == [(EMPTY, "mine")]


@pytest.mark.parametrize("before", ["typed", "spoken", "taken"])
def test_what_was_said_before_is_answered_all_the_same(before: str) -> None:
    h = push_to_talk()
    if before == "typed":
        h.browser(typed("Hello."))
    else:
        say(h, 2000)
        h.browser(COMMIT)
    if before == "taken":
        h.upstream(COMMITTED)
    h.browser(NAMED)
    h.browser(CREATE)
    assert told(h) == [(EMPTY, "mine")]
    assert len(h.sent("response.create")) == 1


def test_an_answer_that_is_asked_for_once_more_is_given() -> None:
    h = push_to_talk()
    h.browser(COMMIT)
    h.browser(CREATE)
    h.browser(CREATE)
    assert len(h.sent("response.create")) == 1


def test_a_refusal_of_the_upstreams_is_told_with_the_pages_own_id() -> None:
    h = Harness()
    h.browser(NAMED)
    h.upstream(REFUSED)
    assert told(h) == [(EMPTY, "mine")]
    h.upstream(REFUSED)
    assert len(told(h)) == 1


WORDS = {
    "type": "conversation.item.input_audio_transcription.completed",
    "item_id": "u1",
    "content_index": 0,
    "transcript": "Hello.",
}


@pytest.mark.parametrize(
    ("until", "again"),
    [
        ([], ["append"] * 100),
        ([COMMIT], [*["append"] * 100, "commit"]),
        ([COMMIT, COMMITTED], [*["append"] * 100, "commit"]),
        ([COMMIT, COMMITTED, WORDS], []),
        ([CLEAR], []),
    ],
    ids=["being said", "ended", "taken", "understood", "not wanted"],
)
def test_a_turn_is_said_again_to_the_next_session_whole_or_not_at_all(
    until: list[Event], again: list[str]
) -> None:
    h = push_to_talk()
    say(h, 4000)
    for event in until:
        (h.browser if event in (COMMIT, CLEAR) else h.upstream)(event)
    reopen(h)
    h.forget()
    h.upstream({"type": "session.updated", "session": {}})
    kinds = [kind.rpartition(".")[2] for kind in h.types(h.to_upstream)]
    assert [kind for kind in kinds if kind in ("append", "commit")] == again
