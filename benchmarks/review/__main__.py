"""How quick the record's pages are, and what exporting and pruning cost.

    python -m benchmarks.review [--conversations 100000] [--database URL] [--part pages ...]

A PostgreSQL of its own gets a demo of so many conversations, unless `--database` names one that
holds a demo already. Then staff and the busiest user ask for each page in one process, by Django's
test client; conversations are exported; and, last, a million turns are pruned while a bystander
updates rows of the same tables.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from contextlib import ExitStack

from script.install import ROOT
from tests.services import fresh_database, start_postgres

PARTS = ("pages", "exports", "prune")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--database", metavar="URL", help="a PostgreSQL with a demo, or empty")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--requests", type=int, default=40, help="of each page")
    parser.add_argument("--only", default="", help="pages whose name has this word")
    options = parser.parse_args()
    with ExitStack() as stack:
        url = options.database or stack.enter_context(fresh_database(start_postgres()))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="colloquy-bench-"))
        os.chdir(ROOT)
        prepare(url, folder, options.conversations)
        if "pages" in options.part:
            from benchmarks.review.pages import measure_pages

            measure_pages(options.requests, options.only)
        if "exports" in options.part:
            from benchmarks.review.exporting import measure_exports

            measure_exports()
        if "prune" in options.part:
            from benchmarks.review.pruning import measure_prune

            measure_prune(url)


def prepare(url: str, folder: str, conversations: int) -> None:
    """Django, on that database, with a demo."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": url,
        "VAR_DIR": folder,
        "ALLOWED_HOSTS": "testserver",
        "EVENTS_KEPT_DAYS": "7",
        "TRANSCRIPTS_KEPT_DAYS": "0",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("prepare", verbosity=0)
    from chatbot.demo import removing
    from chatbot.models import Conversation, Turn

    if not removing.is_there():
        began = time.perf_counter()
        call_command("makedemo", conversations=conversations, users=conversations // 20)
        print(f"makedemo: {time.perf_counter() - began:.0f} s")
    print(f"{Conversation.objects.count():,} conversations, {Turn.objects.count():,} turns\n")


if __name__ == "__main__":
    main()
