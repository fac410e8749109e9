"""The rows of turns that are still being made, as both sockets ask for them."""

from __future__ import annotations

from chatbot.realtime.effects import SaveTurn
from tests.realtime.test_call import Harness, played
from tests.realtime.test_gateway import Desk, answering


def said(h: Harness, words: str) -> None:
    delta = {"response_id": "r1", "item_id": "a1", "delta": words}
    h.upstream({"type": "response.output_audio_transcript.delta", **delta})


def later(h: Harness, seconds: float) -> None:
    h.now += seconds
    h.call.tick(h.now)
    h.drain()


def test_an_answer_has_a_row_with_its_first_words() -> None:
    h = Harness()
    h.answer(audio_ms=0)
    (row,) = h.written()
    assert (row.status, row.text, row.heard_ms) == ("in_progress", "one two three four", 0)


def test_a_row_grows_once_a_second_at_most_and_holds_what_was_heard() -> None:
    h = Harness()
    h.answer(audio_ms=1000)
    later(h, 1)
    h.forget()
    for word in (" five", " six"):
        said(h, word)
        later(h, 0.25)
    assert h.written() == []
    h.browser(played(500))
    later(h, 0.5)
    (row,) = h.written()
    assert (row.status, row.text) == ("in_progress", "one two three four five six")
    assert (row.heard_ms, row.heard_text) == (500, "one two three")
    later(h, 5)
    assert len(h.written()) == 1  # nothing new was said


def test_a_settled_answer_is_as_if_it_had_never_been_in_flight() -> None:
    h = Harness()
    h.answer()
    h.answer_ends()
    last = h.written()[-1]
    assert (last.status, last.heard_ms, last.heard_text) == ("completed", None, None)


def test_a_tool_that_waits_or_runs_has_a_row() -> None:
    h = Harness()
    item = {"id": "f1", "type": "function_call", "call_id": "c1", "name": "x", "arguments": "{}"}
    h.upstream({"type": "response.output_item.added", "response_id": "r1", "item": item})
    (row,) = h.written()
    assert (row.role, row.status, row.tool_name) == ("tool", "in_progress", "x")


def test_what_the_user_says_has_a_row_when_it_is_understood() -> None:
    h = Harness()
    delta = {"type": "conversation.item.input_audio_transcription.delta", "item_id": "u1"}
    h.upstream({**delta, "delta": "Hel"})
    later(h, 2)
    assert h.written() == []


def test_a_clients_call_keeps_rows_as_well() -> None:
    desk = Desk().ready()
    answering(desk, "Once upon")
    assert desk.effects(SaveTurn)
    at = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
    desk.upstream("response.output_audio_transcript.delta", delta=" a time", **at)
    desk.now += 2
    desk.call.tick(desk.now)
    rows = [saved.turn for saved in desk.effects(SaveTurn)]
    assert [(row.status, row.text) for row in rows] == [
        ("in_progress", "Once upon"),
        ("in_progress", "Once upon a time"),
    ]
