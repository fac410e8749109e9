"""A conversation as plain text: a line for each turn, its further lines indented."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from chatbot.exports.reading import Piece
from chatbot.exports.wording import Reader, heard_and_not, note_on
from chatbot.models import Turn


class TextWriter:
    """Makes the pieces of one conversation into text; a new day has a line of its own."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.day = ""

    def write(self, piece: Piece) -> str:
        lines = self._head(piece) if piece.is_first else []
        for turn in piece.turns:
            day = self.reader.day(turn.started_at)
            if day != self.day:
                lines += ["", f"--- {day} ---", ""]
                self.day = day
            lines.append(self._turn(piece, turn))
        if piece.is_first and piece.is_last and not piece.turns:
            lines += ["", _("Nothing was said in this conversation.")]
        return "".join(f"{line}\n" for line in lines)

    def _head(self, piece: Piece) -> list[str]:
        title = piece.conversation.shown_title
        facts = self.reader.facts(piece.conversation)
        return [title, "=" * width(title), *(f"{name}: {fact}" for name, fact in facts)]

    def _turn(self, piece: Piece, turn: Turn) -> str:
        speaker = self.reader.speaker(piece.conversation, turn)
        if turn.role == Turn.Role.TOOL:
            speaker = f"{speaker} {turn.tool_name}"
            if turn.tool_arguments and turn.tool_arguments != "{}":
                speaker += f" {turn.tool_arguments}"
        heard, unheard = heard_and_not(turn)
        said = heard
        if unheard:
            said += " [{}: {}]".format(_("not heard"), unheard)
        if note := note_on(turn):
            said += f" ({note})"
        whole = f"[{self.reader.time(turn.started_at)}] {speaker}: {said.strip()}"
        return "\n    ".join(whole.splitlines())


def width(line: str) -> int:
    """How many columns it takes: wide letters take two, those that stand on others none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in line)
    none = sum(bool(unicodedata.combining(letter)) for letter in line)
    return len(line) + wide - none
