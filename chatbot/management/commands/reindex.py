"""Makes the index of words that the search reads."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chatbot import search
from chatbot.models import Conversation


class Command(BaseCommand):
    help = "Make the index of what was said anew, in small transactions, while calls go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--missing",
            action="store_true",
            help="only of conversations that are not in it, as after an upgrade",
        )

    def handle(self, *args: Any, missing: bool, **options: Any) -> None:
        conversations = search.not_indexed() if missing else Conversation.objects.all()
        done = sum(search.reindex(conversations))
        if done or not missing:
            self.stdout.write(f"Indexed {done} conversation{'s' if done != 1 else ''}.")
