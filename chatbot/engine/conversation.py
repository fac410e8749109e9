"""The conversation of a session: its items in order, and what the language model sees of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chatbot.engine.errors import RequestError
from chatbot.engine.orders import Message

#: Estimated tokens: above the first the oldest turns are dropped until the second is reached,
#: so that the model's prompt cache stays good for many turns in between.
CONTEXT_TOKENS = 1_000
CONTEXT_TOKENS_KEPT = 500
_CHARS_PER_TOKEN = 3.6
_TOKENS_PER_MESSAGE = 5

_TEXT_TYPES = ("input_text", "output_text", "text")


@dataclass
class Stretch:
    """A piece of spoken answer: its words, and where it lies in the item's audio."""

    text: str
    start_ms: float
    end_ms: float

    def heard_by(self, end_ms: float) -> str:
        """Its words up to `end_ms`, by proportion."""
        if end_ms >= self.end_ms:
            return self.text
        if end_ms <= self.start_ms:
            return ""
        words = self.text.split()
        share = (end_ms - self.start_ms) / (self.end_ms - self.start_ms)
        return " ".join(words[: int(len(words) * share)])


@dataclass
class Item:
    """One item. `words` is what the language model reads; `stretches` are of spoken answers."""

    id: str
    type: str
    status: str
    fields: dict[str, Any]
    role: str | None = None
    content: list[dict[str, Any]] = field(default_factory=list)
    words: str = ""
    stretches: list[Stretch] = field(default_factory=list)
    audio_ms: int = 0

    def wire(self) -> dict[str, Any]:
        """The item as events show it."""
        shape: dict[str, Any] = {"id": self.id, "type": self.type, "status": self.status}
        if self.type == "message":
            content = [dict(part) for part in self.content]
            return {**shape, "role": self.role, "content": content}
        return {**shape, **self.fields}

    @property
    def spoken_ms(self) -> float:
        """Length of the assistant's audio in it."""
        return self.stretches[-1].end_ms if self.stretches else 0.0


class Conversation:
    """Items in order; every one has an id that is used once."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._first_in_context = 0

    def __iter__(self) -> Any:
        return iter(self._items)

    @property
    def last_id(self) -> str | None:
        """Id of the newest item."""
        return self._items[-1].id if self._items else None

    @property
    def assistant_has_spoken(self) -> bool:
        """Whether audio of the assistant is present, which fixes the voice."""
        return any(item.stretches for item in self._items)

    def find(self, item_id: Any) -> Item | None:
        """The item, if there is one."""
        return next((item for item in self._items if item.id == item_id), None)

    def previous_id(self, item: Item) -> str | None:
        """Id of the item before."""
        index = self._items.index(item)
        return self._items[index - 1].id if index else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put `item` at the end, or after another ("root": first); get the id before it."""
        if self.find(item.id):
            raise RequestError(
                "invalid_value", f"An item with id '{item.id}' exists already.", "item.id"
            )
        index = len(self._items)
        if after == "root":
            index = 0
        elif after is not None:
            index = self._index(after) + 1
        if index < len(self._items):
            self._first_in_context = 0
        self._items.insert(index, item)
        return self.previous_id(item)

    def delete(self, item_id: Any) -> None:
        """Remove an item.

        Raises:
            RequestError: there is none.
        """
        item = self.find(item_id)
        if item is None:
            raise RequestError(
                "item_delete_invalid_item_id",
                f"Error deleting item: the item with id '{item_id}' does not exist.",
                "item_id",
            )
        self._first_in_context = 0
        self._items.remove(item)

    def truncate(self, item_id: Any, content_index: Any, audio_end_ms: Any) -> None:
        """Keep of a spoken answer what was heard by `audio_end_ms`."""
        item = self.find(item_id)
        if item is None or item.role != "assistant":
            raise RequestError(
                "item_truncate_invalid_item_id",
                f"Error truncating item: the item with id '{item_id}' does not exist.",
                "item_id",
            )
        if content_index != 0 or not item.stretches:
            raise RequestError(
                "invalid_value", "Only assistant audio can be truncated.", "content_index"
            )
        if not isinstance(audio_end_ms, int) or isinstance(audio_end_ms, bool) or audio_end_ms < 0:
            raise RequestError(
                "invalid_value", "Expected a number of milliseconds.", "audio_end_ms"
            )
        if audio_end_ms > item.spoken_ms + 1:
            raise RequestError(
                "invalid_value",
                f"Audio content of {int(item.spoken_ms)}ms is already shorter than "
                f"{audio_end_ms}ms",
                "audio_end_ms",
            )
        _cut(item, audio_end_ms)

    def context(self, instructions: str) -> list[Message]:
        """Instructions and the newest whole turns that fit, oldest first."""
        cost = _tokens(instructions) if instructions else 0
        items = self._items[self._first_in_context :]
        if cost + sum(_cost(item) for item in items) > CONTEXT_TOKENS:
            self._first_in_context += _surplus(items, CONTEXT_TOKENS_KEPT - cost)
        lines = as_messages(self._items[self._first_in_context :])
        system: list[Message] = (
            [{"role": "system", "content": instructions}] if instructions else []
        )
        return system + lines

    def heard_audio_ms(self) -> int:
        """Length of the user's audio among the items the model still sees."""
        return sum(item.audio_ms for item in self._items[self._first_in_context :])

    def _index(self, item_id: str) -> int:
        for index, item in enumerate(self._items):
            if item.id == item_id:
                return index
        raise RequestError(
            "invalid_value",
            f"Previous item with id '{item_id}' does not exist.",
            "previous_item_id",
        )


def as_messages(items: list[Item]) -> list[Message]:
    """The lines the language model reads; items without words are left out."""
    lines: list[Message] = []
    for item in items:
        if item.words and item.role in ("system", "user", "assistant"):
            lines.append({"role": item.role, "content": item.words})  # type: ignore[typeddict-item]
    return lines


def words_of(content: list[dict[str, Any]]) -> str:
    """The written words of an item's content, transcripts included."""
    texts = [
        part.get("text") if part.get("type") in _TEXT_TYPES else part.get("transcript")
        for part in content
    ]
    return "\n".join(text for text in texts if isinstance(text, str) and text)


def _cut(item: Item, end_ms: int) -> None:
    heard = [stretch.heard_by(end_ms) for stretch in item.stretches]
    item.words = "".join(heard).strip()
    item.stretches = [
        Stretch(words, stretch.start_ms, min(stretch.end_ms, end_ms))
        for stretch, words in zip(item.stretches, heard, strict=True)
        if stretch.start_ms < end_ms
    ]
    for part in item.content:
        if "transcript" in part:
            part["transcript"] = item.words


def _surplus(items: list[Item], budget: float) -> int:
    """How many of the oldest items go: whole turns, and never the newest turn."""
    turns = [index for index, item in enumerate(items) if index and item.role == "user"]
    for index in turns:
        if sum(_cost(item) for item in items[index:]) <= budget:
            return index
    return turns[-1] if turns else 0


def _cost(item: Item) -> float:
    return _tokens(item.words) if item.words else 0.0


def _tokens(text: str) -> float:
    return len(text) / _CHARS_PER_TOKEN + _TOKENS_PER_MESSAGE
