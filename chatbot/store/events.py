"""The logs of calls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from chatbot.models import CallEvent
from chatbot.realtime.eventlog import Logged, body_of


def save_events(call_id: UUID, lines: Iterable[Logged]) -> None:
    """Keep what went over a call's sockets, without sound, secrets and prompts."""
    rows = []
    for line in lines:
        kind, body = body_of(line)
        at = datetime.fromtimestamp(line.at, UTC)
        facts = {"kind": kind, "count": line.count, "size": line.size, "body": body}
        rows.append(CallEvent(call_id=call_id, at=at, source=line.source, **facts))
    CallEvent.objects.bulk_create(rows, batch_size=500)
