"""What people of the demo talk about, read from `topics/`.

A file begins with `name: value` lines: the persona, its share of all conversations, and words for
slots, common ones first (`@file` reads them from there). Exchanges follow, with an empty line
between: `?` a question, `=` a sentence of the answer, each in variants between ` | `; and `@` a
tool, its arguments and, after `->`, its result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent / "topics"

#: How much commoner the first words of a slot are than its last.
SKEW = 2.5


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that is used before the answer; arguments and result have slots too."""

    name: str
    arguments: str
    result: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question in its variants; the sentences of the answer, each in its variants."""

    questions: tuple[str, ...]
    answer: tuple[tuple[str, ...], ...]
    tool: Tool | None


@dataclass(frozen=True, slots=True)
class Topic:
    """Exchanges that belong together, and the words for their slots."""

    persona: str
    share: int
    slots: dict[str, tuple[str, ...]]
    exchanges: tuple[Exchange, ...]

    def choose(self, rng: Random) -> dict[str, str]:
        """A word for each slot, the first ones far more often than the last."""
        return {
            name: words[int(len(words) * rng.random() ** SKEW)]
            for name, words in self.slots.items()
        }


@cache
def topics() -> tuple[Topic, ...]:
    """Those that conversations are about, and last the one that comes up in all of them."""
    names = sorted(
        path.stem for path in FOLDER.glob("*.txt") if path.stem not in ("common", "rare")
    )
    return tuple(read(name) for name in (*names, "common"))


def read(name: str) -> Topic:
    """One file of `topics/`."""
    head, *blocks = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip().split("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    return Topic(
        persona=facts.pop("persona"),
        share=int(facts.pop("share")),
        slots={slot: _words(listed) for slot, listed in facts.items()},
        exchanges=tuple(_exchange(block) for block in blocks),
    )


def _words(listed: str) -> tuple[str, ...]:
    if listed.startswith("@"):
        listed = (FOLDER / listed[1:]).read_text(encoding="utf-8").strip()
    return tuple(listed.split(", "))


def _exchange(block: str) -> Exchange:
    questions: tuple[str, ...] = ()
    answer = []
    tool = None
    for line in block.splitlines():
        mark, text = line.split(" ", 1)
        if mark == "?":
            questions = tuple(text.split(" | "))
        elif mark == "=":
            answer.append(tuple(text.split(" | ")))
        else:
            call, result = text.split(" -> ")
            name, arguments = call.split(" ", 1)
            tool = Tool(name, arguments, result)
    return Exchange(questions, tuple(answer), tool)
