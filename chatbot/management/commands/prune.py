"""Remove what is kept no longer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chatbot import pruning

LABELS = {
    "conversations": "conversations",
    "turns": "turns",
    "recordings": "recordings",
    "events": "events of calls",
    "audit": "audit entries",
    "sessions": "expired sessions",
    "accounts": "nameless accounts",
    "files": "files without a row",
    "held": "kept, as they are held",
}


class Command(BaseCommand):
    help = (
        "Remove conversations, recordings, event logs and audit entries that are older than "
        "TRANSCRIPTS_KEPT_DAYS, RECORDINGS_KEPT_DAYS, EVENTS_KEPT_DAYS and AUDIT_KEPT_DAYS say, "
        "and what users deleted 30 days ago; not what is held. May run at any time, beside calls "
        "and beside itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be removed, and remove nothing"
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        counts = pruning.count() if dry_run else pruning.prune()
        self.stdout.write("Would be removed:" if dry_run else "Removed:")
        width = max(len(f"{count:,}") for count in counts.values())
        for kind, label in LABELS.items():
            self.stdout.write(f"  {label:<24}{counts[kind]:>{width},}")
