"""The time where the user is."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from chatbot.models import User
from chatbot.tools.clock import current_time, zone_named
from chatbot.tools.tool import ToolContext


@pytest.mark.parametrize(
    ("named", "zone"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("UTC", "UTC"),
        (None, "UTC"),
        ("", "UTC"),
        ("Nowhere/Land", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("/etc/passwd", "UTC"),
        ("a\0b", "UTC"),
        ("Europe", "UTC"),
        ("x" * 5000, "UTC"),
    ],
)
def test_a_zone_that_is_none_is_utc(named: str | None, zone: str) -> None:
    assert zone_named(named).key == zone


async def test_the_time_is_that_of_the_zone() -> None:
    def context(zone: str) -> ToolContext:
        return ToolContext(User(), uuid4(), zone_named(zone))

    told = await current_time.run(context("Asia/Kolkata"), "{}")
    pattern = r"\w+, \d+ \w+ \d{4}, \d\d:\d\d \(Asia/Kolkata, UTC\+0530\)"
    assert re.fullmatch(pattern, told)
    assert "(UTC, UTC+0000)" in await current_time.run(context(""), "{}")
