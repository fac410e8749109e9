"""File names that every system takes, whatever the title is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.exports.names import MAX_BYTES, folder_of, safe, stem_of
from chatbot.exports.responses import download
from chatbot.models import Conversation


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The sea", "The sea"),
        ("../../etc/passwd", "etc passwd"),
        ("a/b\\c:d*e?f\"g<h>i|j", "a b c d e f g h i j"),
        ("  .hidden. ", "hidden"),
        ("CON", "CON_"),
        ("aux.txt", "aux_.txt"),
        ("Console", "Console"),
        ("line\r\nSet-Cookie: a=b", "line Set-Cookie a=b"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe", "fdp.exe"),
        ("我的对话", "我的对话"),
        ("مکالمه‌ی من", "مکالمه‌ی من"),
        ("Cafe\N{COMBINING ACUTE ACCENT}", "Café"),
        ("\N{PARTY POPPER} party", "\N{PARTY POPPER} party"),
        ("???", ""),
    ],
)  # fmt: skip
def test_a_title_becomes_a_name(title: str, name: str) -> None:
    assert safe(title) == name


@given(st.text())
def test_any_title_is_a_name_that_every_system_takes(title: str) -> None:
    name = safe(title)
    assert len(name.encode()) <= MAX_BYTES + 1
    assert not set(name) & set('<>:"/\\|?*\r\n\0')
    assert name == name.strip(" ").rstrip(".")
    assert not name.startswith(".")
    assert safe(name) == name


def test_files_are_named_after_day_and_title_and_folders_are_unlike() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    first, second = (Conversation(title=title, created_at=late) for title in ("Sea", "sea"))
    assert stem_of(first, UTC) == "2026-11-22 Sea"
    assert stem_of(first, ZoneInfo("Asia/Tokyo")) == "2026-11-23 Sea"
    assert stem_of(Conversation(title="?", created_at=late), UTC) == "2026-11-22"
    assert folder_of(first, UTC).casefold() != folder_of(second, UTC).casefold()


async def nothing() -> AsyncIterator[bytes]:
    yield b""


@pytest.mark.parametrize("name", ["我的 “对话”.md", "ñ.txt", "plain name.txt"])
def test_the_header_says_the_name_in_any_script(name: str) -> None:
    answer = download(name, "text/plain", nothing())
    header = answer["Content-Disposition"]
    kind, _, value = header.partition("; ")
    assert kind == "attachment"
    told = f'filename="{name}"' if name.isascii() else f"filename*=utf-8''{quote(name)}"
    assert value == told
    assert answer["Cache-Control"] == "private, no-store"
