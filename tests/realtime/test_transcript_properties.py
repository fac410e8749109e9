"""The fold against every order that the protocol allows: no turn lost, doubled or swapped."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field

from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from chatbot.realtime.transcript import Transcript
from chatbot.realtime.turns import Turn
from script.install import ROOT, node
from tests.realtime.held import Event, Held, conversations

FIRST = 5


@dataclass
class Rows:
    """The table of turns, as the writer of a call keeps it: one row for each item."""

    rows: dict[str, tuple[int, str, str, str]] = field(default_factory=dict)

    def write(self, settled: list[tuple[int, Turn]]) -> None:
        for position, turn in settled:
            self.rows[turn.item_id] = (position, turn.role, turn.status, turn.text)

    def read(self) -> list[tuple[str, str, str, str]]:
        positions = [row[0] for row in self.rows.values()]
        assert len(set(positions)) == len(positions)
        assert all(position >= FIRST for position in positions)
        in_order = sorted(self.rows.items(), key=lambda row: row[1][0])
        return [(item, role, status, text) for item, (_, role, status, text) in in_order]


def tell(transcript: Transcript, event: Event, now: float) -> None:
    """An interruption is the call's own finding; all else the fold sees as it comes."""
    if event["type"] == "chat.interrupted":
        transcript.cut(event["item_id"], event["heard_ms"], 1000)
    else:
        transcript.apply(event, now)


def kept(transcript: Transcript) -> list[tuple[str, str, str, str]]:
    turns = [turn for turn in transcript.turns() if turn.is_settled]
    return [(turn.item_id, turn.role, turn.status, turn.text) for turn in turns]


@settings(max_examples=300, deadline=None)
@given(conversations())
def test_rows_written_as_events_come_are_the_turns_that_were_held(
    held_and_events: tuple[Held, list[Event]],
) -> None:
    held, events = held_and_events
    transcript, rows = Transcript(first_position=FIRST), Rows()
    for number, event in enumerate(events):
        tell(transcript, event, 1000.0 + number)
        rows.write(transcript.take_settled())
        rows.read()
    assert rows.read() == kept(transcript)
    assert rows.read() == [turn for turn in held.turns if turn[0] not in held.open_at_end]
    transcript.close(9000.0)
    rows.write(transcript.take_settled())
    assert rows.read() == kept(transcript) == held.turns
    assert transcript.take_settled() == []


@settings(max_examples=300, deadline=None)
@given(conversations())
def test_rows_of_turns_in_flight_hold_what_was_said_so_far_until_they_settle(
    held_and_events: tuple[Held, list[Event]],
) -> None:
    held, events = held_and_events
    transcript, rows = Transcript(first_position=FIRST), Rows()
    for number, event in enumerate(events):
        tell(transcript, event, 1000.0 + number)
        rows.write(transcript.take_settled())
        rows.write(transcript.take_begun())
        rows.write(transcript.take_grown(1000.0 + number))
        assert rows.read() == [
            (turn.item_id, turn.role, turn.status, turn.text)
            for turn in transcript.turns()
            if turn.is_settled
            or (turn.status == "in_progress" and (turn.text or turn.role == "tool"))
        ]
    transcript.close(9000.0)
    rows.write(transcript.take_settled())
    assert rows.read() == kept(transcript) == held.turns


@settings(max_examples=150, deadline=None)
@given(conversations(), st.data())
def test_a_call_that_ends_at_any_moment_keeps_what_was_known(
    held_and_events: tuple[Held, list[Event]], data: st.DataObject
) -> None:
    held, events = held_and_events
    heard = data.draw(st.integers(0, len(events)))
    transcript, rows = Transcript(first_position=FIRST), Rows()
    for number, event in enumerate(events[:heard]):
        tell(transcript, event, 1000.0 + number)
        rows.write(transcript.take_settled())
    before = rows.read()
    transcript.close(9000.0)
    rows.write(transcript.take_settled())
    after = rows.read()
    assert after == kept(transcript)
    assert all(turn.is_settled or not turn.text for turn in transcript.turns())
    assert {turn[0] for turn in before} <= {turn[0] for turn in after}
    assert {turn[0] for turn in after} <= set(held.items)


@settings(max_examples=150, deadline=None)
@given(conversations(), st.data())
def test_what_a_new_session_brings_comes_after_all_that_was_there(
    held_and_events: tuple[Held, list[Event]], data: st.DataObject
) -> None:
    held, events = held_and_events
    events = events[: data.draw(st.integers(0, len(events)))]
    transcript, rows = Transcript(first_position=FIRST), Rows()
    for number, event in enumerate(events):
        tell(transcript, event, 1000.0 + number)
        rows.write(transcript.take_settled())
    before = rows.read()
    for event in transcript.broken_off(active_response(events)):
        tell(transcript, event, 2000.0)
    rows.write(transcript.take_settled())
    transcript.begin_session()
    replayed = [turn.item_id for turn in transcript.turns() if turn.context_text]
    after = replayed[-1] if replayed else None
    later, more = data.draw(conversations(session="n", after=after))
    for number, event in enumerate(more):
        tell(transcript, event, 3000.0 + number)
        rows.write(transcript.take_settled())
    transcript.close(9000.0)
    rows.write(transcript.take_settled())
    now = rows.read()
    assert now == kept(transcript)
    assert now[len(now) - len(later.turns) :] == later.turns
    earlier = now[: len(now) - len(later.turns)]
    assert {turn[0] for turn in before} <= {turn[0] for turn in earlier} <= set(held.items)


def active_response(events: list[Event]) -> str | None:
    """The response that is being made when these events have come."""
    done = {event["response"]["id"] for event in events if event["type"] == "response.done"}
    begun = [
        event["response"]["id"]
        for event in events
        if event["type"] == "response.created" and event["response"]["conversation_id"]
    ]
    return next((response for response in begun if response not in done), None)


def test_the_page_folds_the_same_turns() -> None:
    found: list[tuple[Held, list[Event]]] = []

    @seed(20261122)
    @settings(max_examples=200, deadline=None, database=None, phases=[Phase.generate])
    @given(conversations())
    def collect(held_and_events: tuple[Held, list[Event]]) -> None:
        found.append(held_and_events)

    collect()
    ended = [[*events, {"type": "chat.call.ended"}] for _, events in found]
    script = ROOT / "tests" / "js" / "fold.js"
    told = json.dumps([*(events for _, events in found), *ended])
    done = subprocess.run([node(), script], input=told, check=True, capture_output=True, text=True)
    held = [held for held, _ in found]
    before = [[list(turn) for turn in h.turns if turn[0] not in h.open_at_end] for h in held]
    after = [[list(turn) for turn in h.turns] for h in held]
    assert json.loads(done.stdout) == [*before, *after]
