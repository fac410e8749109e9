"""`manage.py makedemo`: believable data for trying and measuring, and away with it again."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chatbot.demo import making, removing

#: As many people as talk so often.
CONVERSATIONS_OF_A_PERSON = 20


class Command(BaseCommand):
    help = (
        "Make conversations of made-up people over the last year, with calls, usage, costs and "
        "reviews, for trying and measuring. Their user names begin with demo-; nobody can sign in "
        "by them until a password is set in the admin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--conversations", type=int, default=200, metavar="N")
        parser.add_argument("--users", type=int, metavar="M", help="default: one for each 20")
        parser.add_argument("--seed", type=int, default=1, help="another makes other data")
        parser.add_argument(
            "--force", action="store_true", help="also where real people have conversations"
        )
        parser.add_argument("--remove", action="store_true", help="take the demo away again")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        counts = self.remove() if options["remove"] else self.make(**options)
        word = "Removed" if options["remove"] else "Made"
        rows = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        took_s = time.monotonic() - began
        self.stdout.write(f"{word} {rows or 'nothing: there is no demo'} in {took_s:.0f} s.")

    def make(
        self, conversations: int, users: int | None, seed: int, force: bool, **options: Any
    ) -> Counter[str]:
        people = users or max(3, conversations // CONVERSATIONS_OF_A_PERSON)
        if conversations < 1 or people < 1:
            raise CommandError("Ask for one conversation of one user at least.")
        if removing.is_there():
            raise CommandError(
                "There is a demo already. Take it away with `manage.py makedemo --remove` first."
            )
        if not force and removing.are_people_there():
            raise CommandError(
                "People have conversations here, and a demo would stand among them. "
                "With --force it is made all the same; --remove takes it away later."
            )
        kept = timedelta(days=settings.EVENTS_KEPT_DAYS or 7)
        counts: Counter[str] = Counter()
        for counts in making.make(conversations, people, seed, timezone.now(), kept):
            self.tell(counts["conversations"], conversations)
        return Counter({"users": people, **counts})

    def remove(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for counts in removing.remove():
            self.tell(counts["conversations"], None)
        return counts

    def tell(self, done: int, of: int | None) -> None:
        """Every 10,000 conversations, so that nobody thinks that it hangs."""
        if done and done % 10_000 == 0 and done != of:
            self.stdout.write(f"{done:,} conversations" + (f" of {of:,}" if of else ""))
            self.stdout.flush()
