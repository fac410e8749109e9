"""A conversation as Markdown (GitHub's, for words that are struck out): what was said is shown as
it was said, whatever signs of Markdown or HTML it holds."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from chatbot.exports.reading import Piece
from chatbot.exports.wording import Reader, heard_and_not, note_on
from chatbot.models import Turn

_SIGNS = re.compile(r"([\\`*_{}\[\]<>|~&#])")
#: At the beginning of a line these make lists, rules and headings.
_BEGINNINGS = re.compile(r"(?m)^(\s*)(?:([-+=])|(\d+)([.)]))")
_TICKS = re.compile(r"`+")


class MarkdownWriter:
    """Makes the pieces of one conversation into Markdown; a new day has a heading."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.day = ""

    def write(self, piece: Piece) -> str:
        parts = self._head(piece) if piece.is_first else []
        for turn in piece.turns:
            day = self.reader.day(turn.started_at)
            if day != self.day:
                parts.append(f"## {escaped(day)}")
                self.day = day
            parts.append(self._turn(piece, turn))
        if piece.is_first and piece.is_last and not piece.turns:
            parts.append(_("Nothing was said in this conversation."))
        return "".join(f"{part}\n\n" for part in parts)

    def _head(self, piece: Piece) -> list[str]:
        facts = self.reader.facts(piece.conversation)
        lines = "\n".join(f"- **{escaped(name)}:** {escaped(fact)}" for name, fact in facts)
        return [f"# {escaped(' '.join(piece.conversation.shown_title.split()))}", lines]

    def _turn(self, piece: Piece, turn: Turn) -> str:
        speaker = escaped(self.reader.speaker(piece.conversation, turn))
        head = f"**{speaker}** · {self.reader.time(turn.started_at)}"
        parts = [head]
        heard, unheard = heard_and_not(turn)
        if turn.role == Turn.Role.TOOL:
            parts[0] += f" · {code(turn.tool_name)}"
            parts += [
                fenced(text) for text in (turn.tool_arguments, heard) if text not in ("", "{}")
            ]
        else:
            parts.append(" ".join(filter(None, [escaped(heard), struck(unheard)])))
        if note := note_on(turn):
            parts.append(f"*{escaped(note)}*")
        return "\n\n".join(filter(None, parts))


def escaped(text: str) -> str:
    """Words as they are read, in Markdown: lines stay lines."""
    text = _SIGNS.sub(r"\\\1", text.strip())
    text = _BEGINNINGS.sub(_escaped_beginning, text)
    return "  \n".join(line.strip() for line in text.splitlines())


def _escaped_beginning(found: re.Match[str]) -> str:
    space, sign, number, mark = found.groups()
    return f"{space}\\{sign}" if sign else f"{space}{number}\\{mark}"


def struck(text: str) -> str:
    """Words struck out; each paragraph by itself, for no mark reaches over an empty line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "  \n".join(f"~~{escaped(line)}~~" for line in lines)


def code(text: str) -> str:
    """A span of code, fenced by more ticks than it holds in a row."""
    ticks = "`" * (_longest(text) + 1)
    return f"{ticks} {text} {ticks}" if "`" in text else f"{ticks}{text}{ticks}"


def fenced(text: str) -> str:
    """A block of code, fenced by more ticks than it holds in a row."""
    ticks = "`" * max(3, _longest(text) + 1)
    return f"{ticks}\n{text}\n{ticks}"


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
