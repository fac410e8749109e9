"""The formats of one conversation, by name, and the conversation in each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from channels.db import database_sync_to_async
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chatbot.exports.archive import Member, zipped
from chatbot.exports.document import JsonWriter
from chatbot.exports.markdown import MarkdownWriter
from chatbot.exports.reading import Piece, pieces_of
from chatbot.exports.sound import recordings_of
from chatbot.exports.text import TextWriter
from chatbot.exports.webvtt import WebVttWriter
from chatbot.exports.wording import Reader
from chatbot.models import Conversation

OWNER = Reader()


class Writer(Protocol):
    """Makes the pieces of one conversation, in order, into text."""

    def write(self, piece: Piece) -> str: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `writer` makes one for a reader; a ZIP has none of its own."""

    label: str | Promise
    ending: str
    content_type: str
    writer: Callable[[Reader], Writer] | None = None


def _json(reader: Reader, with_files: bool = False) -> JsonWriter:
    return JsonWriter(with_files=with_files, for_staff=not reader.is_owner)


FORMATS = {
    "text": Format(_("Text"), "txt", "text/plain; charset=utf-8", TextWriter),
    "markdown": Format("Markdown", "md", "text/markdown; charset=utf-8", MarkdownWriter),
    "json": Format("JSON", "json", "application/json", _json),
    "webvtt": Format(_("Subtitles (WebVTT)"), "vtt", "text/vtt; charset=utf-8", WebVttWriter),
    "zip": Format(_("All of these and the recordings (ZIP)"), "zip", "application/zip"),
}


async def stream_conversation(
    conversation: Conversation, format: str, reader: Reader = OWNER
) -> AsyncIterator[bytes]:
    """One conversation as a file of that format, in chunks; a call in it may go on meanwhile.

    Raises:
        KeyError: there is no such format.
    """
    make = FORMATS[format].writer
    conversation = await database_sync_to_async(_loaded)(conversation)
    if make is None:
        chunks = zipped(members_of(conversation, reader))
    else:
        chunks = written(conversation, make(reader))
    async for chunk in chunks:
        yield chunk


async def written(conversation: Conversation, writer: Writer) -> AsyncIterator[bytes]:
    """What the writer makes of the conversation."""
    async for piece in pieces_of(conversation):
        yield writer.write(piece).encode()


async def members_of(
    conversation: Conversation,
    reader: Reader,
    folder: str = "",
    formats: tuple[str, ...] = ("json", "markdown", "text", "webvtt"),
) -> AsyncIterator[Member]:
    """The conversation in each of the formats, then its recordings, all below a folder."""
    now = timezone.now()
    for name in formats:
        kind = FORMATS[name]
        writer = kind.writer(reader) if kind.writer and name != "json" else _json(reader, True)
        text = written(conversation, writer)
        yield Member(f"{folder}conversation.{kind.ending}", now, text)
    async for member in recordings_of(conversation, folder):
        yield member


def _loaded(conversation: Conversation) -> Conversation:
    """With what writers read of it."""
    rows = Conversation.objects.select_related("user", "persona", "review__reviewer")
    return rows.prefetch_related("review__tags").get(pk=conversation.pk)
