"""How much of what was said a new session of the upstream is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chatbot.realtime import events
from chatbot.realtime.events import Event
from chatbot.realtime.turns import Turn

#: About 6,000 tokens at four characters each: room for an answer in the smallest context.
CONTEXT_CHARACTERS = 24_000


def replay(
    turns: Iterable[Turn], new_id: Callable[[str], str], is_held: Callable[[str], bool]
) -> list[Event]:
    """The items that tell a new session of these turns. What `is_held` comes by itself: a message
    by its item, the output of a tool by its call."""
    told: list[Event] = []
    for turn in newest_that_fit(turn for turn in turns if not is_held(turn.item_id)):
        if turn.role != "tool":
            told.append(events.message_create(turn.item_id, turn.role, turn.context_text))
            continue
        call_id = turn.call_id or turn.item_id
        arguments = turn.tool_arguments or "{}"
        told.append(events.function_call_create(turn.item_id, call_id, turn.tool_name, arguments))
        if turn.is_settled and not is_held(call_id):
            output = events.dump({"error": turn.error}) if turn.error else turn.text
            told.append(events.tool_output_create(new_id("item"), call_id, output))
    return told


def newest_that_fit(turns: Iterable[Turn]) -> list[Turn]:
    """The newest turns that hold words and fit together, in order; of a cut answer what was
    heard. Tools' turns are left out where an answer has read them: it holds what they came to."""
    kept: list[Turn] = []
    left = CONTEXT_CHARACTERS
    is_read = False
    for turn in reversed(list(turns)):
        if turn.role == "tool" and (is_read or not _can_be_told(turn)):
            continue
        words = f"{turn.tool_arguments}{turn.text}{turn.error}"
        words = words if turn.role == "tool" else turn.context_text
        is_read = is_read or (turn.role == "assistant" and bool(words))
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


def _can_be_told(turn: Turn) -> bool:
    """A function that came to something, or that goes on; what an MCP server did is the
    service's to tell."""
    is_function = ": " not in turn.tool_name
    goes_on = turn.status == "in_progress" and bool(turn.call_id and turn.tool_arguments)
    return is_function and (goes_on or turn.status in ("completed", "failed"))
