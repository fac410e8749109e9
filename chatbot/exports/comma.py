"""Rows as CSV (RFC 4180, UTF-8), which no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal

from chatbot.exports.document import moment, plain
from chatbot.exports.rows import Cell, Row

#: With one of these a cell begins that spreadsheets would work out.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001


class CsvWriter:
    """Makes rows into lines."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._csv = csv.writer(self._text)

    def write(self, rows: list[Row]) -> bytes:
        self._csv.writerows([[cell_text(cell) for cell in row] for row in rows])
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode()


def cell_text(cell: Cell) -> str | int:
    """The cell as text; one that would be a formula begins with an apostrophe."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA) else cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return moment(cell) or ""
    return plain(cell) if isinstance(cell, Decimal) else cell
