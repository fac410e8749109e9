"""Everything that must be done once before workers of this version serve."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

from chatbot.adminlog import forget_words
from chatbot.groups import make_groups
from chatbot.recording import rescue


class Command(BaseCommand):
    help = "Bring the database, the static files, the administrator and the search up to date."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        collect_static()
        call_command("ensureadmin", stdout=self.stdout)
        rescue()
        make_groups()
        forget_words()
        call_command("reindex", missing=True, stdout=self.stdout)


def collect_static() -> None:
    """`collectstatic`, unless all sources are as they were at the last time."""
    file = settings.VAR_DIR / "static.digest"
    digest = static_digest()
    if settings.STATIC_ROOT.exists() and file.exists() and file.read_text() == digest:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    file.write_text(digest)


def static_digest() -> str:
    """Differs as soon as a static file is added, removed or written."""
    facts = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts.append((path, storage.get_modified_time(path).timestamp(), storage.size(path)))
    return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()
