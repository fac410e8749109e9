"""Which bytes a `Range` asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.ranges import Span, Unsatisfiable, span_of


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-", 0, 100),
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=90-", 90, 100),
        ("bytes=90-1000", 90, 100),
        ("bytes=-10", 90, 100),
        ("bytes=-1000", 0, 100),
        (" Bytes = 5 - 6 ", 5, 7),
    ],
)
def test_one_range_is_what_it_says(header: str, start: int, end: int) -> None:
    span = span_of(header, 100)
    assert span == Span(start, end, 100)
    assert (span.length, span.content_range) == (end - start, f"bytes {start}-{end - 1}/100")


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=9999999999-"])
def test_what_is_not_there_is_refused(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        span_of(header, 100)


@pytest.mark.parametrize(
    "header",
    [
        *("", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=0-1,4-5", "lines=0-1"),
        *(
            "bytes=--1",
            "bytes=1",
            "bytes=0x1-2",
            "bytes=\u0661-\u0662",
            "bytes=0-1\r\nX: y",
            "-" * 10_000,
        ),
    ],
)
def test_all_else_is_all_of_it(header: str) -> None:
    assert span_of(header, 100) is None


@given(st.text(), st.integers(min_value=1, max_value=10_000))
def test_no_header_leads_outside(header: str, size: int) -> None:
    try:
        span = span_of(f"bytes={header}", size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.start < span.end <= size
