"""Parts of a file as HTTP asks for them (RFC 9110, section 14): one range of bytes, or all."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,20})\s*-\s*([0-9]{0,20})\s*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range lies outside the file."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to, but without, `end` of a file of `size`."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The header that goes with it."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def span_of(header: str, size: int) -> Span | None:
    """What a `Range` header asks for of `size` bytes; None for all of them, which is also the
    answer to other units, to several ranges at once, and to what makes no sense.

    Raises:
        Unsatisfiable: there are no such bytes.
    """
    found = _ONE.fullmatch(header)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        last = min(int(found[2]), size)
        if not last:
            raise Unsatisfiable
        return Span(size - last, size, size)
    start, end = int(found[1]), size
    if found[2]:
        if int(found[2]) < start:
            return None
        end = min(int(found[2]) + 1, size)
    if start >= size:
        raise Unsatisfiable
    return Span(start, end, size)
