"""Answers that are downloads: streamed, named after what they hold, in the reader's language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header

from chatbot import audit
from chatbot.exports.bulk import BULK_FORMATS, stream_conversations
from chatbot.exports.formats import FORMATS, stream_conversation
from chatbot.exports.names import stem_of
from chatbot.exports.wording import Reader, zone_named
from chatbot.models import AuditEntry, Conversation
from chatbot.rights import Right, may


def download(name: str, content_type: str, chunks: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """A file to be kept under that name, in any script (RFC 6266)."""
    language = translation.get_language()
    response = StreamingHttpResponse(in_language(language, chunks), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def in_language(language: str | None, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, each made in that language, whatever the server is at meanwhile."""
    async with aclosing(chunks):  # type: ignore[type-var]
        while True:
            with translation.override(language):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            if chunk:
                yield chunk


def conversation_download(
    request: HttpRequest, conversation: Conversation, format: str
) -> StreamingHttpResponse:
    """The conversation in one of `FORMATS`, to its owner; `?zone=` names their time zone."""
    kind = FORMATS[format]
    reader = Reader(zone_named(request.GET.get("zone")))
    name = f"{stem_of(conversation, reader.zone)}.{kind.ending}"
    return download(name, kind.content_type, stream_conversation(conversation, format, reader))


def staff_conversation_download(
    request: HttpRequest, conversation: Conversation, format: str
) -> StreamingHttpResponse:
    """The conversation in one of `FORMATS`, to staff; audited.

    Raises:
        PermissionDenied: who asks may not export, read or, for a ZIP, listen.
    """
    needed = [Right.EXPORT, Right.READ, *([Right.LISTEN] if format == "zip" else [])]
    if not all(may(request.user, right) for right in needed):
        raise PermissionDenied
    audit.record(request, AuditEntry.Action.EXPORT, "conversation", conversation.pk, format=format)
    kind = FORMATS[format]
    reader = Reader(zone_named(request.GET.get("zone")), is_owner=False)
    name = f"{stem_of(conversation, reader.zone)}.{kind.ending}"
    return download(name, kind.content_type, stream_conversation(conversation, format, reader))


def conversations_download(
    request: HttpRequest, conversations: QuerySet[Conversation], format: str
) -> StreamingHttpResponse:
    """Many conversations in one of `BULK_FORMATS`, to staff: with what they may see. The audit has
    an entry for each conversation, written before anything of it is sent.

    Raises:
        PermissionDenied: who asks may not export.
    """
    if not may(request.user, Right.EXPORT):
        refused = AuditEntry.Action.REFUSED
        audit.record(request, refused, "conversation", what="export", format=format)
        raise PermissionDenied
    kind = BULK_FORMATS[format]
    with_words, with_cost = may(request.user, Right.READ), may(request.user, Right.SEE_COST)

    def on_read(read: list[Conversation]) -> None:
        audit.record_each(
            request,
            AuditEntry.Action.EXPORT,
            "conversation",
            [conversation.pk for conversation in read],
            format=format,
            words=with_words,
        )

    chunks = stream_conversations(
        conversations, format, with_cost=with_cost, with_words=with_words, on_read=on_read
    )
    name = f"conversations {timezone.now():%Y-%m-%d %H%M}.{kind.ending}"
    return download(name, kind.content_type, chunks)
