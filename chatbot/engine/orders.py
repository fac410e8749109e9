"""What a session asks of the models; the shell carries each out and feeds back the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict


class Message(TypedDict):
    """One line of the conversation as the language model reads it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Recognize:
    """Write down what is said; answered by `Session.recognized(key, ...)`."""

    key: str
    pcm: bytes
    language: str | None


@dataclass(frozen=True)
class Prepare:
    """Read the conversation so far, so that the next answer starts sooner; no result."""

    messages: list[Message]


@dataclass(frozen=True)
class Generate:
    """Answer; fed back by `Session.text_came(key, ...)` and `Session.text_ended(key, ...)`."""

    key: str
    messages: list[Message]
    max_tokens: int


@dataclass(frozen=True)
class Speak:
    """Say one piece; answered by `Session.spoken(key, piece, ...)` in the order of asking."""

    key: str
    piece: int
    text: str
    voice: str
    speed: float


@dataclass(frozen=True)
class Enough:
    """Write no more under `key`; what is written is still spoken."""

    key: str


@dataclass(frozen=True)
class Stop:
    """Whatever was ordered under `key` is of no use any more."""

    key: str


Order = Recognize | Prepare | Generate | Speak | Enough | Stop


@dataclass(frozen=True)
class TextUsage:
    """Tokens of the language model. `cached` is the part of `input` it had read before."""

    input: int = 0
    cached: int = 0
    output: int = 0
