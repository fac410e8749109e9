"""An ASGI application of long answers, for daphne: /long, /broken, and how far /long came."""

from __future__ import annotations

import json
from typing import Any

from project.downloads import mind_readers

mind_readers()

PART = bytes(1 << 20)
PARTS = 64
#: How many parts each /long has sent, in the order in which they began.
sent: list[int] = []


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/long":
        number = len(sent)
        sent.append(0)
        for _part in range(PARTS):
            await send({"type": "http.response.body", "body": PART, "more_body": True})
            sent[number] += 1
    elif scope["path"] == "/broken":
        await send({"type": "http.response.body", "body": PART, "more_body": True})
        raise RuntimeError("in the middle")
    elif scope["path"] == "/sent":
        await send(
            {"type": "http.response.body", "body": json.dumps(sent).encode(), "more_body": True}
        )
    await send({"type": "http.response.body", "body": b""})
