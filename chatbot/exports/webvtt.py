"""A conversation as WebVTT: a cue for each turn, at its time since the first; tools are notes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from chatbot.exports.reading import Piece
from chatbot.exports.wording import Reader, heard_and_not, note_on
from chatbot.models import Turn

#: How fast words are read that were never spoken, and how long a cue is shown at least.
LETTERS_A_SECOND = 15
SHORTEST = timedelta(seconds=1)


class WebVttWriter:
    """Makes the pieces of one conversation into cues, which begin in order."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.began: datetime | None = None
        self.last = timedelta(0)

    def write(self, piece: Piece) -> str:
        parts = []
        if piece.is_first:
            title = one_line(piece.conversation.shown_title)
            facts = (f"{name}: {fact}" for name, fact in self.reader.facts(piece.conversation))
            parts = ["WEBVTT", note("\n".join([title, *facts]))]
        parts += [part for turn in piece.turns if (part := self._turn(piece, turn))]
        return "".join(f"{part}\n\n" for part in parts)

    def _turn(self, piece: Piece, turn: Turn) -> str:
        if self.began is None:
            self.began = start_of(turn)
        start = max(start_of(turn) - self.began, self.last)
        self.last = start
        heard, _unheard = heard_and_not(turn)
        speaker = self.reader.speaker(piece.conversation, turn)
        if turn.role == Turn.Role.TOOL:
            parts = (
                f"{timestamp(start)} {speaker} {turn.tool_name}",
                turn.tool_arguments,
                turn.text,
            )
            return note("\n".join(filter(None, (*parts, note_on(turn)))))
        words = "\n".join(line for line in heard.splitlines() if line.strip())
        if not words:
            said = f"{timestamp(start)} {speaker}: {note_on(turn)}"
            return note(said)
        end = max(end_of(turn, words) - self.began, start + SHORTEST)
        if turn.heard_text is not None and turn.status != Turn.Status.IN_PROGRESS:
            words += " …"
        return f"{timestamp(start)} --> {timestamp(end)}\n<v {voice(speaker)}>{escaped(words)}"


def start_of(turn: Turn) -> datetime:
    """When it was first heard: of an answer the first sound."""
    is_answer = turn.role == Turn.Role.ASSISTANT
    return (is_answer and turn.first_audio_at) or turn.started_at


def end_of(turn: Turn, words: str) -> datetime:
    """When it was last heard; where nobody knows, when it could have been read."""
    start = start_of(turn)
    if turn.heard_ms is not None:
        return start + timedelta(milliseconds=turn.heard_ms)
    recording = getattr(turn, "recording", None)
    if recording is not None:
        return start + timedelta(milliseconds=recording.duration_ms)
    if turn.role == Turn.Role.USER and turn.ended_at and turn.ended_at > start:
        return turn.ended_at
    return start + timedelta(seconds=len(words) / LETTERS_A_SECOND)


def timestamp(since: timedelta) -> str:
    """Hours have as many digits as they need; a conversation may go on after weeks."""
    ms = round(since.total_seconds() * 1000)
    minutes, ms = divmod(ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d}.{ms % 1000:03d}"


def escaped(words: str) -> str:
    """What a cue may hold. Its lines are not empty, or it would end there."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def voice(speaker: str) -> str:
    return escaped(one_line(speaker))


def note(text: str) -> str:
    """A comment: without empty lines, and without the arrow that only cues have."""
    lines = [line for line in re.sub("-+>", "->", text).splitlines() if line.strip()]
    return "NOTE " + "\n".join(lines)


def one_line(text: str) -> str:
    return " ".join(text.split())
