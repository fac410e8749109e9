"""Turns that are still being made: what of them is to have a row, though the worker may die."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatbot.realtime.playback import Playback
from chatbot.realtime.turns import Turn

#: How often the row of a turn that grows is written again, in seconds.
WRITE_EVERY_S = 1.0


class InFlight:
    """The open turns by item: those that have just begun, and those that have grown since."""

    def __init__(self) -> None:
        self._written: set[str] = set()
        self._begun: list[str] = []
        self._grown: set[str] = set()
        self._written_at = 0.0

    def grow(self, turn: Turn) -> None:
        """More is known of this turn, or it stands elsewhere. What the user says is left out: it
        is said again to a new session as long as it is not understood."""
        if turn.status != "in_progress" or not (turn.text or turn.tool_name):
            return
        if turn.item_id in self._written:
            self._grown.add(turn.item_id)
        else:
            self._written.add(turn.item_id)
            self._begun.append(turn.item_id)

    def take_begun(self) -> list[str]:
        """Items that hold their first words: each once."""
        begun, self._begun = self._begun, []
        return begun

    def take_grown(self, now: float) -> list[str]:
        """Items that have grown, at most once a second."""
        if now - self._written_at < WRITE_EVERY_S:
            return []
        self._written_at = now
        grown, self._grown = self._grown, set()
        return sorted(grown)


def as_heard(rows: list[tuple[int, Turn]], playback: Playback) -> Iterator[tuple[int, Turn]]:
    """Answers in flight with what was heard of them by now: all there is if the worker dies."""
    for position, turn in rows:
        audio = playback.heard(turn.item_id)
        so_far = replace(turn)
        if audio is not None:
            so_far.hear(audio.heard_ms, audio.received_ms)
        elif turn.modality == "audio" and turn.first_audio_at is None:
            so_far.hear(0, 0)
        yield position, so_far
