"""Rows as XLSX (ECMA-376), written as they come: docs/decisions/xlsx.md says why not by a library.

Words are text by their type, so nothing is worked out; a full sheet is followed by another.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

from django.utils import timezone

from chatbot.exports.archive import Member, whole
from chatbot.exports.comma import FORMULA
from chatbot.exports.document import plain
from chatbot.exports.rows import Cell, Row

#: What a sheet and a cell can hold; of text, UTF-16 units.
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767
CUT = " … (cut)"

_DAY_0 = datetime(1899, 12, 30, tzinfo=UTC)
_DAY_S = 24 * 3600
#: Of `_STYLES`.
_MOMENT, _HEADER, _FORMULA = 1, 2, 3
#: XML has no way to say these.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Whatever else is itself in XML.
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff&<>_]")
#: Excel takes this for a letter's number.
_NUMBER = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


async def workbook(header: list[str], batches: AsyncIterator[list[Row]]) -> AsyncIterator[Member]:
    """The files of which an XLSX is a ZIP; those that name the sheets come last."""
    now = timezone.now()
    count = 0
    rest: list[Row] = []
    while count == 0 or rest:
        count += 1
        sheet = _Sheet(header, rest)
        yield Member(f"xl/worksheets/sheet{count}.xml", now, sheet.chunks(batches))
        rest = sheet.rest
    for name, text in _frame(count).items():
        yield Member(name, now, whole(text))


class _Sheet:
    """One sheet; `rest` are rows that it could not hold."""

    def __init__(self, header: list[str], rows: list[Row]) -> None:
        self._columns = [column_name(number) for number in range(len(header))]
        self._begin = header, rows
        self._row = 0
        self.rest: list[Row] = []

    async def chunks(self, batches: AsyncIterator[list[Row]]) -> AsyncIterator[bytes]:
        header, rows = self._begin
        yield (
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            f"</sheetView></sheetViews><sheetData>{self._header(header)}"
        ).encode()
        yield self._take(rows).encode()
        if not self.rest:
            async for batch in batches:
                yield self._take(batch).encode()
                if self.rest:
                    break
        yield b"</sheetData></worksheet>"

    def _header(self, names: list[str]) -> str:
        self._row = 1
        cells = (
            f'<c r="{column}1" s="{_HEADER}" t="inlineStr"><is><t>{escape(name)}</t></is></c>'
            for column, name in zip(self._columns, names, strict=True)
        )
        return f'<row r="1">{"".join(cells)}</row>'

    def _take(self, rows: list[Row]) -> str:
        room = MAX_ROWS - self._row
        self.rest = rows[room:]
        lines = []
        for row in rows[:room]:
            self._row += 1
            cells = "".join(
                cell_xml(f"{column}{self._row}", cell)
                for column, cell in zip(self._columns, row, strict=True)
                if cell is not None and cell != ""
            )
            lines.append(f'<row r="{self._row}">{cells}</row>')
        return "".join(lines)


def cell_xml(place: str, cell: Cell) -> str:
    """A cell with a value; times are in UTC, for a spreadsheet knows no zones."""
    if isinstance(cell, str):
        style = f' s="{_FORMULA}"' if cell.startswith(FORMULA) else ""
        text = f'<t xml:space="preserve">{text_xml(cell)}</t>'
        return f'<c r="{place}"{style} t="inlineStr"><is>{text}</is></c>'
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, datetime):
        days = (cell - _DAY_0).total_seconds() / _DAY_S
        return f'<c r="{place}" s="{_MOMENT}"><v>{days:.9f}</v></c>'
    number = plain(cell) if isinstance(cell, Decimal) else cell
    return f'<c r="{place}"><v>{number}</v></c>'


def text_xml(text: str) -> str:
    """Text as XML takes it, and Excel reads it."""
    if not _SPECIAL.search(text) and len(text) <= MAX_TEXT // 2:
        return text
    if len(text) > MAX_TEXT // 2:
        units = text.encode("utf-16-le", "replace")
        if len(units) > 2 * MAX_TEXT:
            text = units[: 2 * (MAX_TEXT - len(CUT))].decode("utf-16-le", "ignore") + CUT
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return escape(_NUMBER.sub("_x005F_", _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)))


def column_name(number: int) -> str:
    """A, B, ... Z, AA: what the column of that number, from 0, is called."""
    letter = chr(ord("A") + number % 26)
    return letter if number < 26 else column_name(number // 26 - 1) + letter


def _frame(count: int) -> dict[str, str]:
    """The files about the sheets."""
    numbers = range(1, count + 1)
    sheets = "".join(
        f'<sheet name="Turns{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
        for n in numbers
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    return {
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
            f"<bookViews><workbookView/></bookViews><sheets>{sheets}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}'
            f'<Relationship Id="rId{count + 1}" Type="{_LINKS}/styles" Target="styles.xml"/>'
            "</Relationships>"
        ),
        "_rels/.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>"
        ),
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>'
        ),
    }
