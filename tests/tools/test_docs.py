"""docs/tools.md names every tool as it is."""

from __future__ import annotations

import re

from chatbot.tools.registry import TOOLS
from script.install import ROOT

DOCS = (ROOT / "docs" / "tools.md").read_text()


def test_the_table_is_the_registry() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\d.]+) s \| (yes|no) \|$", DOCS, re.MULTILINE)
    assert rows == [
        (name, f"{made.offer.time_limit_s:g}", "yes" if made.offer.needs_approval else "no")
        for name, made in TOOLS.items()
    ]
