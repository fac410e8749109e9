"""Give a user a token for `/v1/realtime`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatbot import store
from chatbot.models import ApiToken, User


class Command(BaseCommand):
    help = (
        "Make an API token for a user, with which any Realtime client may call at /v1/realtime, "
        "and print it. It is shown this once: only its hash is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        longest = ApiToken._meta.get_field("name").max_length
        parser.add_argument("username", help="whose calls the token makes")
        parser.add_argument(
            "--name",
            default="API token",
            help=f"what it is for, up to {longest} characters (default: %(default)s)",
        )

    def handle(self, *args: Any, username: str, name: str, **options: Any) -> None:
        try:
            user = User.objects.get(username=username)
        except User.DoesNotExist:
            raise CommandError(f"There is no user {username}.") from None
        try:
            self.stdout.write(store.create_token(user, name))
        except ValueError as error:
            raise CommandError(str(error)) from None
