"""Conversations as Hypothesis holds them: the turns that are meant, and the events that tell of
them, in any order that the protocol allows.

Events of one stream (an item, a response, a transcription) keep their order, and each item names
the one before it; streams mix in any way. A transcription begins after its item is known, a tool's
result after its call, an interruption after the answer. Any event but a delta may come again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Event = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

WORDS = st.text("abc ", min_size=1, max_size=12).map(str.strip).filter(bool)
TRANSCRIPTION = "conversation.item.input_audio_transcription"
STATUSES = {
    "completed": "completed",
    "cancelled": "interrupted",
    "incomplete": "incomplete",
    "failed": "failed",
}


@dataclass
class Stream:
    """Events in their order; the first one comes after the event `needs` of another stream."""

    events: list[Event]
    needs: Event | None = None


@dataclass
class Held:
    """`turns` are those to be kept, in order, as (item, role, status, text); of those in
    `open_at_end` so much is known only when the call ends."""

    turns: list[tuple[str, str, str, str]] = field(default_factory=list)
    open_at_end: set[str] = field(default_factory=set)
    streams: list[Stream] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    responses: int = 0
    after: str | None = None
    session: str = ""

    def new_item(self, prefix: str) -> tuple[str, str | None]:
        """The next item of the conversation, and the one before it."""
        previous = self.items[-1] if self.items else self.after
        self.items.append(f"{self.session}{prefix}{len(self.items)}")
        return self.items[-1], previous

    def new_response(self) -> str:
        self.responses += 1
        return f"{self.session}r{self.responses}"


@st.composite
def conversations(
    draw: Draw, session: str = "", after: str | None = None
) -> tuple[Held, list[Event]]:
    """A conversation, and its events in an order in which they may come.

    `session` sets the ids of this one apart; `after` is what its first item comes after.
    """
    held = Held(session=session, after=after)
    kinds = st.sampled_from([_spoken, _spoken, _typed, _answer, _answer, _tools, _out_of_band])
    for hold in draw(st.lists(kinds, min_size=1, max_size=6)):
        hold(held, draw)
    for stream in held.streams:
        _repeat_one(stream, draw)
    turns = [number for number, stream in enumerate(held.streams) for _ in stream.events]
    return held, _merged(held.streams, draw(st.permutations(turns)))


def _repeat_one(stream: Stream, draw: Draw) -> None:
    places = [n for n, event in enumerate(stream.events) if not event["type"].endswith(".delta")]
    place: int | None = draw(st.sampled_from([None, None, *places]))
    if place is not None:
        again = draw(st.integers(place + 1, len(stream.events)))
        stream.events.insert(again, dict(stream.events[place]))


def _merged(streams: list[Stream], turns: list[int]) -> list[Event]:
    """One event of the stream whose turn it is, or of the first that is ready."""
    left = [list(stream.events) for stream in streams]
    merged: list[Event] = []
    for turn in turns:
        merged.append(left[_ready(streams, left, turn, merged)].pop(0))
    return merged


def _ready(streams: list[Stream], left: list[list[Event]], turn: int, said: list[Event]) -> int:
    numbers: list[int] = [turn, *range(len(streams))]
    for number in numbers:
        needs = streams[number].needs
        if left[number] and (needs is None or any(event is needs for event in said)):
            return number
    raise AssertionError("a stream waits for what nobody says")


# What the user says


def _spoken(held: Held, draw: Draw) -> None:
    item, previous = held.new_item("u")
    content = {"type": "input_audio", "transcript": None}
    committed: Event = {
        "type": "input_audio_buffer.committed",
        "item_id": item,
        "previous_item_id": previous,
    }
    speech = [{"type": f"input_audio_buffer.speech_{what}"} for what in ("started", "stopped")]
    is_push_to_talk = draw(st.booleans())
    events = [] if is_push_to_talk else [{**event, "item_id": item} for event in speech]
    events += [committed, *_added(item, previous, "user", content)]
    held.streams.append(Stream(events))
    _heard(held, draw, item, events[0])


def _heard(held: Held, draw: Draw, item: str, begun: Event) -> None:
    words = draw(WORDS)
    outcome = draw(st.sampled_from(["completed", "completed", "noise", "failed", "missing"]))
    parts = draw(st.sampled_from([[], _split(words)]))
    deltas = [_delta(TRANSCRIPTION, item, part) for part in parts]
    end: Event = {"type": f"{TRANSCRIPTION}.{outcome}", "item_id": item}
    ends = [end]
    if outcome == "completed":
        end["transcript"] = f" {words}"
        held.turns.append((item, "user", "completed", words))
    elif outcome == "noise":
        deltas = []
        end |= {"type": f"{TRANSCRIPTION}.completed", "transcript": ""}
    elif outcome == "failed":
        end["error"] = {"message": "Not understood."}
        held.turns.append((item, "user", "failed", "".join(parts)))
    else:
        held.turns.append((item, "user", "failed", "".join(parts)))
        held.open_at_end.add(item)
        ends = []
    held.streams.append(Stream([*deltas, *ends], needs=begun))


def _typed(held: Held, draw: Draw) -> None:
    item, previous = held.new_item("t")
    words = draw(WORDS)
    content = {"type": "input_text", "text": words}
    held.streams.append(Stream(_added(item, previous, "user", content)))
    held.turns.append((item, "user", "completed", words))


def _added(item: str, previous: str | None, role: str, content: Event) -> list[Event]:
    whole = {
        "id": item,
        "type": "message",
        "role": role,
        "status": "completed",
        "content": [content],
    }
    return [
        {"type": f"conversation.item.{what}", "previous_item_id": previous, "item": whole}
        for what in ("added", "done")
    ]


# What the assistant says


def _answer(held: Held, draw: Draw) -> None:
    outcome = draw(st.sampled_from(sorted(STATUSES)))
    response = held.new_response()
    if outcome != "completed" and draw(st.booleans()):  # before there was an item
        held.streams.append(Stream([_created(response), _done(response, outcome, [])]))
        return
    item, previous = held.new_item("a")
    is_whole = outcome == "completed"
    words = draw(WORDS) if is_whole else draw(st.just("") | WORDS)
    is_cut = draw(st.booleans())
    said = _said(draw, response, item, previous, words, is_whole, has_ends=is_whole or is_cut)
    if words:
        status = "interrupted" if is_cut else STATUSES[outcome]
        held.turns.append((item, "assistant", status, words))
    if is_cut:
        cut = {"type": "chat.interrupted", "item_id": item, "heard_ms": 300, "heard_text": ""}
        held.streams.append(Stream([cut], needs=said[0]))
    whole = _message(item, "completed" if is_whole else "incomplete", words)
    output = [whole] if is_whole or draw(st.booleans()) else []
    held.streams.append(Stream([_created(response), *said, _done(response, outcome, output)]))


def _said(
    draw: Draw,
    response: str,
    item: str,
    previous: str | None,
    words: str,
    is_whole: bool,
    has_ends: bool,
) -> list[Event]:
    """The events of a message."""
    kind = draw(st.sampled_from(["audio_transcript", "text"]))
    begun = _message(item, "in_progress", "")
    announced = [
        {"type": "response.output_item.added", "response_id": response, "item": begun},
        {"type": "conversation.item.added", "previous_item_id": previous, "item": begun},
    ]
    deltas = [_delta(f"response.output_{kind}", item, part, response) for part in _split(words)]
    field_name = "text" if kind == "text" else "transcript"
    ends = [
        {
            "type": f"response.output_{kind}.done",
            "response_id": response,
            "item_id": item,
            field_name: words,
        },
        *_item_ends(
            response, previous, _message(item, "completed" if is_whole else "incomplete", words)
        ),
    ]
    if not has_ends and draw(st.booleans()):
        ends = []
    return [*draw(st.permutations(announced)), *deltas, *ends]


def _tools(held: Held, draw: Draw) -> None:
    """A response that calls tools, and what they come to."""
    response = held.new_response()
    events: list[Event] = [_created(response)]
    output: list[Event] = []
    results = []
    for _ in range(draw(st.integers(1, 2))):
        item, previous = held.new_item("f")
        call = {"id": item, "type": "function_call", "name": "clock", "call_id": f"call_{item}"}
        begun = {**call, "status": "in_progress", "arguments": ""}
        whole = {**call, "status": "completed", "arguments": "{}"}
        ends = _item_ends(response, previous, whole)
        events += [
            {"type": "response.output_item.added", "response_id": response, "item": begun},
            {"type": "conversation.item.added", "previous_item_id": previous, "item": begun},
            *ends,
        ]
        output.append(whole)
        results.append((item, ends[-1]))
    held.streams.append(Stream([*events, _done(response, "completed", output)]))
    for item, called in results:
        _result(held, draw, item, called)


def _result(held: Held, draw: Draw, item: str, called: Event) -> None:
    """Run by us (`chat.tool.finished`), by the client (its output alone), or not to the end."""
    words = draw(WORDS)
    whose = draw(st.sampled_from(["ours", "the client's", "nobody's"]))
    if whose == "nobody's":
        held.turns.append((item, "tool", "interrupted", ""))
        held.open_at_end.add(item)
        return
    held.turns.append((item, "tool", "completed", words))
    finished = {"type": "chat.tool.finished", "item_id": item, "name": "clock"}
    finished |= {"status": "completed", "text": words, "error": ""}
    output, previous = held.new_item("o")
    result = {
        "id": output,
        "type": "function_call_output",
        "call_id": f"call_{item}",
        "output": words if whose == "the client's" else f"{words} for the model",
    }
    added = [
        {"type": f"conversation.item.{what}", "previous_item_id": previous, "item": result}
        for what in ("added", "done")
    ]
    held.streams.append(Stream([finished, *added] if whose == "ours" else added, needs=called))


def _out_of_band(held: Held, draw: Draw) -> None:
    """A response beside the conversation: no item of it is added, so none is a turn."""
    response = held.new_response()
    item, words = f"x{response}", draw(WORDS)
    said = _said(draw, response, item, None, words, draw(st.booleans()), has_ends=False)
    events = [event for event in said if event["type"] != "conversation.item.added"]
    outcome = draw(st.sampled_from(sorted(STATUSES)))
    ends = _done(response, outcome, [_message(item, "completed", words)], conversation=None)
    held.streams.append(Stream([_created(response, conversation=None), *events, ends]))


# Events


def _created(response: str, conversation: str | None = "conv") -> Event:
    begun = {"id": response, "status": "in_progress", "conversation_id": conversation}
    return {"type": "response.created", "response": {**begun, "output": []}}


def _done(
    response: str, status: str, output: list[Event], conversation: str | None = "conv"
) -> Event:
    ended = {"id": response, "status": status, "conversation_id": conversation, "output": output}
    return {"type": "response.done", "response": ended}


def _message(item: str, status: str, words: str) -> Event:
    return {
        "id": item,
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [{"type": "output_audio", "transcript": words}] if words else [],
    }


def _item_ends(response: str, previous: str | None, item: Event) -> list[Event]:
    return [
        {"type": "conversation.item.done", "previous_item_id": previous, "item": item},
        {"type": "response.output_item.done", "response_id": response, "item": item},
    ]


def _delta(kind: str, item: str, part: str, response: str | None = None) -> Event:
    delta: Event = {"type": f"{kind}.delta", "item_id": item, "content_index": 0, "delta": part}
    return delta if response is None else {**delta, "response_id": response}


def _split(words: str) -> list[str]:
    return [words[:2], words[2:]] if len(words) > 2 else [words] if words else []
