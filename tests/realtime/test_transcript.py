"""The fold of events into turns, on recordings that the page's fold is tested on too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn

RECORDINGS = Path(__file__).parent.parent / "recordings"


def fold(events: list[dict[str, Any]], transcript: Transcript | None = None) -> Transcript:
    transcript = transcript or Transcript()
    for number, event in enumerate(events):
        transcript.apply(event, 1000.0 + number)
    return transcript


def shown(transcript: Transcript) -> list[dict[str, Any]]:
    return [
        {"item_id": t.item_id, "role": t.role, "status": t.status, "text": t.text}
        for t in transcript.turns()
        if t.is_settled
    ]


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.json")), ids=lambda path: path.stem)
def test_a_recording_folds_into_the_turns_that_were_held(path: Path) -> None:
    recording = json.loads(path.read_text())
    assert shown(fold(recording["events"])) == recording["turns"]


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.json")), ids=lambda path: path.stem)
def test_rows_written_as_the_events_come_are_the_turns_at_the_end(path: Path) -> None:
    recording = json.loads(path.read_text())
    transcript = Transcript(first_position=7)
    rows: dict[str, tuple[int, str, str]] = {}
    for number, event in enumerate(recording["events"]):
        transcript.apply(event, 1000.0 + number)
        for position, turn in transcript.take_settled():
            rows[turn.item_id] = (position, turn.status, turn.text)
    in_order = sorted(rows.items(), key=lambda row: row[1][0])
    assert [item for item, _ in in_order] == [turn["item_id"] for turn in recording["turns"]]
    assert [row[1:] for _, row in in_order] == [
        (turn["status"], turn["text"]) for turn in recording["turns"]
    ]
    assert len({row[0] for row in rows.values()}) == len(rows)
    assert all(row[0] >= 7 for row in rows.values())


def test_each_turn_is_taken_once() -> None:
    events = json.loads((RECORDINGS / "voice_turn.json").read_text())["events"]
    transcript = fold(events)
    assert len(transcript.take_settled()) == 2
    assert transcript.take_settled() == []


def test_a_call_that_ends_settles_what_was_open() -> None:
    events = json.loads((RECORDINGS / "barge_in_while_generating.json").read_text())["events"]
    until_second_delta = [e for e in events[:13] if "transcription" not in e["type"]]
    transcript = fold(until_second_delta)
    transcript.close(2000.0)
    question, answer, over_it = (turn for _, turn in transcript.take_settled())
    for unheard in (question, over_it):
        assert (unheard.status, unheard.text) == ("failed", "")
        assert unheard.error == "The call ended before the words were recognised."
    assert (answer.status, answer.text) == ("interrupted", "Once upon a time")


def test_words_that_came_while_the_user_still_spoke_are_kept_when_the_call_ends() -> None:
    started = {"type": "input_audio_buffer.speech_started", "item_id": "u1"}
    delta = {"type": "conversation.item.input_audio_transcription.delta", "item_id": "u1"}
    transcript = fold([started, {**delta, "delta": "Two and"}])
    transcript.close(2000.0)
    [(_, turn)] = transcript.take_settled()
    assert (turn.status, turn.text) == ("failed", "Two and")


def test_stored_turns_are_never_touched_again() -> None:
    events = json.loads((RECORDINGS / "voice_turn.json").read_text())["events"]
    assert shown(fold(events, Transcript(stored=["u1", "a1"]))) == []


def test_a_turn_knows_when_it_began_and_ended() -> None:
    events = json.loads((RECORDINGS / "voice_turn.json").read_text())["events"]
    question, answer = fold(events).turns()
    assert question.started_at == 1000.0  # speech started
    assert question.ended_at == 1001.0  # speech stopped
    assert answer.started_at < (answer.ended_at or 0.0)


@pytest.mark.parametrize(
    ("heard_ms", "expected"),
    [
        (0, ""),
        (-5, ""),
        (200, "Once"),
        (500, "Once upon a"),
        (1000, "Once upon a time there was"),
        (5000, "Once upon a time there was"),
    ],
)
def test_what_was_heard_ends_at_a_word(heard_ms: int, expected: str) -> None:
    turn = Turn("a1", "assistant", text="Once upon a time there was")
    turn.cut(heard_ms, audio_ms=1000)
    assert turn.heard_text == expected
    assert turn.status == "interrupted"


def item(item_id: str, previous: str | None, role: str) -> dict[str, Any]:
    body = {"id": item_id, "type": "message", "role": role, "content": []}
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": body}


@pytest.mark.parametrize("is_spoken", [True, False])
def test_what_follows_an_answer_of_which_nothing_was_heard_stands_behind_it(
    is_spoken: bool,
) -> None:
    transcript = fold([item("u1", None, "user"), item("a1", "u1", "assistant")])
    transcript.cut("a1", heard_ms=0, audio_ms=1000)
    fold([{"type": "conversation.item.deleted", "item_id": "a1"}], transcript)
    if is_spoken:
        fold([{"type": "input_audio_buffer.speech_started", "item_id": "u2"}], transcript)
    fold([item("u2", "u1", "user"), item("a2", "u2", "assistant")], transcript)
    assert [turn.item_id for turn in transcript.turns()] == ["u1", "a1", "u2", "a2"]


def test_the_context_of_a_cut_answer_is_what_was_heard() -> None:
    turn = Turn("a1", "assistant", text="Once upon a time")
    assert turn.context_text == "Once upon a time"
    turn.cut(600, audio_ms=1000)
    assert turn.context_text == "Once upon"


def test_words_that_come_after_the_cut_are_measured_again() -> None:
    transcript = Transcript()
    events = json.loads((RECORDINGS / "voice_turn.json").read_text())["events"]
    fold([e for e in events if e["type"] != "response.done"][:11], transcript)
    transcript.cut("a1", heard_ms=500, audio_ms=1000)
    fold(events[11:], transcript)
    answer = transcript.turn("a1")
    assert answer is not None
    assert (answer.status, answer.text, answer.heard_text) == (
        "interrupted",
        "It is noon.",
        "It is",
    )
