"""Ten thousand conversations exported: rows a second, and how much memory that takes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import psutil
from django.db.models import Sum

from chatbot import exports
from chatbot.models import Conversation

CONVERSATIONS = 10_000
FORMATS = ("csv", "xlsx", "jsonl")


@dataclass(slots=True)
class Measured:
    """Of one export; memory in bytes of this process."""

    seconds: float = 0.0
    size: int = 0
    chunks: int = 0
    before: int = 0
    at_half: int = 0
    most: int = 0


def measure_exports() -> None:
    """Print a line for each format."""
    some = Conversation.objects.filter(turn_count__gt=0).order_by("pk")[:CONVERSATIONS]
    keys = list(some.values_list("pk", flat=True))
    queryset = Conversation.objects.filter(pk__in=keys)
    turns = queryset.aggregate(turns=Sum("turn_count"))["turns"]
    asyncio.run(drain("csv", Conversation.objects.filter(pk__in=keys[:200])))
    print(f"\nExport of {len(keys):,} conversations, {turns:,} turns")
    print("| format | turns a second | MB | longest growth of memory, MB |")
    print("|---|---|---|---|")
    for name in FORMATS:
        done = asyncio.run(drain(name, queryset))
        grown = (done.most - done.before) / 1e6
        rate = turns / done.seconds
        print(f"| {name} | {rate:,.0f} | {done.size / 1e6:.0f} | {grown:.0f} |", flush=True)


async def drain(name: str, queryset: object) -> Measured:
    """Export as a browser that takes it as fast as it comes."""
    memory = psutil.Process().memory_info
    done = Measured(before=memory().rss)
    began = time.perf_counter()
    async for chunk in exports.stream_conversations(queryset, name, with_cost=True):
        done.size += len(chunk)
        done.chunks += 1
        if done.chunks % 20 == 1:
            done.most = max(done.most, memory().rss)
    done.most = max(done.most, memory().rss)
    done.seconds = time.perf_counter() - began
    return done
