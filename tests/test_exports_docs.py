"""docs/export.md says what is exported: each format and each column, and nothing else."""

from __future__ import annotations

import re

from chatbot import exports
from chatbot.exports.document import VERSION
from chatbot.exports.rows import Seen
from script.install import ROOT
from tests.exporting import SCHEMA

DOC = (ROOT / "docs" / "export.md").read_text()


def table(heading: str) -> list[str]:
    """What stands in the first column of the table with that heading."""
    rows = DOC.partition(f"| {heading} |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| ([^|]+) \|", rows, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)]


def test_every_format_is_documented() -> None:
    assert table("format") == list(exports.FORMATS)
    for kind in exports.BULK_FORMATS.values():
        assert f"- **{kind.label}**" in DOC


def test_every_column_is_documented() -> None:
    assert table("column") == Seen(words=True, cost=True).header


def test_every_document_and_its_version_is_documented() -> None:
    documents = [SCHEMA["definitions"][f"{name}_document"] for name in ("conversation", "account")]
    assert table("`format`") == [kind["properties"]["format"]["const"] for kind in documents]
    assert f"The `version` is {VERSION}." in DOC
    assert {kind["properties"]["version"]["const"] for kind in documents} == {VERSION}
