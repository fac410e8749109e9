"""Many conversations as one file, for staff: as a table or as JSON Lines, in flat memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from django.db.models import QuerySet

from chatbot.exports.archive import zipped
from chatbot.exports.comma import CsvWriter
from chatbot.exports.document import JsonWriter, joined
from chatbot.exports.reading import OnRead, pieces_of_all
from chatbot.exports.rows import Seen, rows_of
from chatbot.exports.spreadsheet import workbook
from chatbot.models import Conversation


@dataclass(frozen=True, slots=True)
class BulkFormat:
    """A kind of file for many conversations."""

    label: str
    ending: str
    content_type: str


BULK_FORMATS = {
    "csv": BulkFormat("CSV", "csv", "text/csv; charset=utf-8; header=present"),
    "xlsx": BulkFormat(
        "XLSX", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    "jsonl": BulkFormat("JSON Lines", "jsonl", "application/jsonl; charset=utf-8"),
}


def stream_conversations(
    conversations: QuerySet[Conversation],
    format: str,
    *,
    with_cost: bool,
    with_words: bool = True,
    on_read: OnRead | None = None,
) -> AsyncIterator[bytes]:
    """The conversations as a file of that format, newest first, whatever their order is.

    Raises:
        KeyError: there is no such format.
    """
    seen = Seen(words=with_words, cost=with_cost)
    streams = {"csv": _csv, "xlsx": _xlsx, "jsonl": _json_lines}
    return streams[format](conversations, seen, on_read)


async def _csv(
    conversations: QuerySet[Conversation], seen: Seen, on_read: OnRead | None
) -> AsyncIterator[bytes]:
    writer = CsvWriter()
    yield writer.write([list(seen.header)])
    async for rows in rows_of(conversations, seen, on_read):
        yield writer.write(rows)


async def _xlsx(
    conversations: QuerySet[Conversation], seen: Seen, on_read: OnRead | None
) -> AsyncIterator[bytes]:
    batches = rows_of(conversations, seen, on_read)
    async for chunk in zipped(workbook(seen.header, batches)):
        yield chunk


async def _json_lines(
    conversations: QuerySet[Conversation], seen: Seen, on_read: OnRead | None
) -> AsyncIterator[bytes]:
    writer = JsonWriter(
        is_indented=False, with_words=seen.words, for_staff=True, with_cost=seen.cost
    )
    async for batch in pieces_of_all(
        conversations, with_cost=seen.cost, with_calls=True, on_read=on_read
    ):
        yield joined(writer, batch).encode()
