"""One turn as the call sees it: what was said, how far it got, how much of it was heard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["user", "assistant", "tool"]
Modality = Literal["audio", "text"]
Status = Literal[
    "speaking",  # the user is speaking
    "transcribing",  # the user has spoken, the words are not known yet
    "in_progress",  # the assistant is answering
    "completed",
    "interrupted",  # cut by the user
    "incomplete",  # cut by the service: a limit or a filter
    "failed",
]

#: A turn in one of these is finished and can be stored.
SETTLED: frozenset[Status] = frozenset({"completed", "interrupted", "incomplete", "failed"})


@dataclass(slots=True)
class Turn:
    """`text` is what was generated; `heard_text` what the user heard of it, None for all.

    `heard_ms` and `audio_ms` count played and received audio; times are epoch seconds.
    `latency_ms` is what the user waited, from the end of the question to the first sound.
    A tool's `text` is its result, its arguments are JSON; `call_id` is what its output names it by
    while the call lasts.
    """

    item_id: str
    role: Role
    modality: Modality = "audio"
    status: Status = "in_progress"
    text: str = ""
    heard_text: str | None = None
    heard_ms: int | None = None
    audio_ms: int = 0
    error: str = ""
    started_at: float = 0.0
    first_audio_at: float | None = None
    ended_at: float | None = None
    latency_ms: int | None = None
    tool_name: str = ""
    tool_arguments: str = ""
    call_id: str = ""

    @property
    def is_settled(self) -> bool:
        """Nothing more is expected of it, and there is something to keep."""
        return self.status in SETTLED and bool(self.text or self.error)

    def cut(self, heard_ms: int, audio_ms: int) -> None:
        """The user stopped listening after `heard_ms` of `audio_ms`."""
        self.status = "interrupted"
        self.hear(heard_ms, audio_ms)

    def hear(self, heard_ms: int, audio_ms: int) -> None:
        """The user has heard `heard_ms` of `audio_ms`."""
        self.heard_ms = min(heard_ms, audio_ms)
        self.audio_ms = audio_ms
        self.measure_heard()

    def measure_heard(self) -> None:
        """Work `heard_text` out again, after the cut or the text has changed."""
        if self.heard_ms is not None:
            self.heard_text = heard_part(self.text, self.heard_ms, self.audio_ms)

    @property
    def context_text(self) -> str:
        """What the assistant should believe was said, when the conversation goes on."""
        return self.text if self.heard_text is None else self.heard_text


def heard_part(text: str, heard_ms: int, audio_ms: int) -> str:
    """The words of `text` that fit into the part heard, taking speech as evenly spread."""
    if audio_ms <= 0 or heard_ms <= 0:
        return ""
    if heard_ms >= audio_ms:
        return text
    end = len(text) * heard_ms // audio_ms
    boundaries = [found.end() for found in re.finditer(r"\S+", text)]
    return text[: max((edge for edge in boundaries if edge <= end), default=0)]


def text_of(item: dict[str, Any]) -> str:
    """The words of a message item, whatever its parts are called; "" while unknown."""
    parts = item.get("content") or []
    words = (part.get("text") or part.get("transcript") or "" for part in parts)
    return " ".join(word for word in words if word)


def tool_name_of(item: dict[str, Any]) -> str:
    """The name of a called tool; that of an MCP server comes with the server's."""
    name = str(item.get("name") or "")
    return f"{item['server_label']}: {name}" if item.get("server_label") else name


def modality_of(item: dict[str, Any]) -> Modality:
    """Whether the item was spoken or written."""
    kinds = {part.get("type") for part in item.get("content") or []}
    return "text" if kinds & {"input_text", "output_text"} else "audio"
