"""A million turns pruned while somebody else works on the same tables."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from benchmarks.review.bystander import stand_by
from chatbot.models import Conversation, Turn

TURNS = 1_000_000
AIM_MS = 100


def measure_prune(url: str) -> None:
    """Print how fast it went, and how long a bystander had to wait at most."""
    days = days_that_leave(Turn.objects.count() - TURNS)
    settings.TRANSCRIPTS_KEPT_DAYS = days
    before = Turn.objects.count()
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    bystander = spawning.Process(target=stand_by, args=(url, there))
    bystander.start()
    here.recv()
    time.sleep(10)
    here.send("prune")
    began = time.perf_counter()
    call_command("prune")
    seconds = time.perf_counter() - began
    here.send("end")
    calm, pruning = here.recv()
    bystander.join()
    gone = before - Turn.objects.count()
    print(f"\nprune of {gone:,} turns: {seconds:.0f} s, {gone / seconds:,.0f} turns a second")
    for name, waits in (("before", calm), ("meanwhile", pruning)):
        print(
            f"a bystander's update, {name}: longest {max(waits):.0f} ms, "
            f"median {statistics.median(waits):.1f} ms of {len(waits)} (aim: {AIM_MS} ms)"
        )


def days_that_leave(turns: int) -> int:
    """The age of conversations that so many turns are younger than."""
    left = 0
    newest = Conversation.objects.order_by("-updated_at").values_list("updated_at", "turn_count")
    for at, count in newest.iterator():
        left += count
        if left > turns:
            return (timezone.now() - at) // timedelta(days=1)
    raise RuntimeError(f"the demo has no {TURNS:,} turns to prune: make it with more conversations")
