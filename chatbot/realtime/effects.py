"""What a call asks of the world: its shell carries these out, in order."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.realtime.events import Event
from chatbot.realtime.problems import Problem
from chatbot.realtime.turns import Turn


@dataclass(frozen=True, slots=True)
class SaveTurn:
    """Write this turn (again); once it is settled, tell the call with `turn_saved`. A copy: safe
    to keep."""

    position: int
    turn: Turn

    def as_event(self) -> Event:
        """`chat.turn.saved`: the row is there."""
        return {
            "type": "chat.turn.saved",
            "item_id": self.turn.item_id,
            "position": self.position,
            "status": self.turn.status,
        }


@dataclass(frozen=True, slots=True)
class SaveUsage:
    """Write what one response or transcription used; `usage` is the service's own object.

    `model` is the recogniser of a transcription; "" for a response, which the call's model made.
    """

    kind: str
    source_id: str
    usage: Event
    model: str = ""


@dataclass(frozen=True, slots=True)
class Publish:
    """Show this event to the user's other tabs."""

    event: Event


@dataclass(frozen=True, slots=True)
class Told:
    """The user was told of this problem; the operator should know, too."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Unknown:
    """The upstream sent an event that we do not know; counted, and of no other consequence."""

    kind: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Leave the upstream's socket, if there is one, and open a new one after `delay_s` seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run this tool with the model's JSON arguments, then tell the call with `tool_finished`."""

    call_id: str
    name: str
    arguments: str
    time_limit_s: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the browser's socket with this code, after everything drained before it."""

    code: int
    reason: str


Effect = SaveTurn | SaveUsage | Publish | Told | Unknown | Connect | RunTool | HangUp
