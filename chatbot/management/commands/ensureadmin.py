"""See that there is an administrator to sign in as."""

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

USERNAME = "admin"


class Command(BaseCommand):
    help = (
        "Make the user `admin` unless there is a superuser, with ADMIN_PASSWORD or else a random "
        "password, which is printed this once and kept in a file. ADMIN_PASSWORD, when set, is "
        "given to an existing `admin` too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--password-file",
            type=Path,
            default=settings.VAR_DIR / "admin_password",
            help="where a random password is kept (default: %(default)s)",
        )

    def handle(self, *args: Any, password_file: Path, **options: Any) -> None:
        if settings.ADMIN_PASSWORD:
            self.apply(settings.ADMIN_PASSWORD)
            password_file.unlink(missing_ok=True)
        elif not get_user_model().objects.filter(is_superuser=True).exists():
            password = secrets.token_urlsafe(12)
            keep(password_file, password)
            self.apply(password)
            self.stdout.write(
                f"Sign in as {USERNAME} with the password {password} (kept in {password_file})."
            )

    def apply(self, password: str) -> None:
        """Make the administrator or change its password; leave it alone when it fits."""
        users = get_user_model().objects
        admin = users.filter(username=USERNAME, is_superuser=True).first()
        if admin is None:
            users.create_superuser(USERNAME, email="", password=password)
        elif not admin.check_password(password):
            admin.set_password(password)
            admin.save(update_fields=["password"])


def keep(path: Path, secret: str) -> None:
    """Write the secret where only the owner reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(secret + "\n")
