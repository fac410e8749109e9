"""The time, where the user is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import timezone

from chatbot.realtime.sentences import N_
from chatbot.tools.tool import ToolContext, tool

UTC = ZoneInfo("UTC")


def zone_named(name: str | None) -> ZoneInfo:
    """The time zone that a page names ("Europe/Paris"); UTC if there is no such zone."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):
        return UTC


@tool(title=N_("Look at the clock"), time_limit_s=2)
async def current_time(context: ToolContext) -> str:
    """The date and time now, where the user is. Use it for anything that depends on today."""
    now = timezone.now().astimezone(context.time_zone)
    return f"{now:%A, %-d %B %Y, %H:%M} ({context.time_zone.key}, UTC{now:%z})"
