"""Rows as CSV (RFC 4180, UTF-8), which no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from types import NoneType
from typing import Any

from chatbot.exports.document import iso, plain
from chatbot.exports.rows import Cell, Row

#: With one of these a cell begins that spreadsheets would work out.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001


class CsvWriter:
    """Makes rows into lines."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._csv = csv.writer(self._text)

    def write(self, rows: list[Row]) -> bytes:
        self._csv.writerows([[_TEXT[type(cell)](cell) for cell in row] for row in rows])
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode()


def cell_text(cell: Cell) -> str:
    """The cell as text; one that would be a formula begins with an apostrophe."""
    return _TEXT[type(cell)](cell)


def _words(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


#: By the type of a cell: there are hundreds of thousands.
_TEXT: dict[type, Callable[[Any], str]] = {
    str: _words,
    int: str,
    Decimal: plain,
    datetime: iso,
    bool: lambda fact: "true" if fact else "false",
    NoneType: lambda _none: "",
}
