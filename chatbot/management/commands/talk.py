"""`manage.py talk FILE.wav`: a call without a browser, for trying and measuring a site."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatbot.caller import CallFailed, Talk, call, sign_in
from chatbot.wav import NotSpeech, read_speech, write_speech


class Command(BaseCommand):
    help = (
        "Speak a WAV file to a running site in real time; print both transcripts and the latency."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.wav", help="what to say (PCM)")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the site's address")
        parser.add_argument("--username", default="admin")
        parser.add_argument("--password", help="default: the admin's, kept in var/")
        parser.add_argument("--conversation", metavar="ID", help="go on with this conversation")
        parser.add_argument("--out", type=Path, metavar="reply.wav", help="save the answer here")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pcm = read_speech(options["file"])
            if options["out"]:
                options["out"].open("ab").close()
            password = options["password"] or admin_password()
            cookie = sign_in(options["url"], options["username"], password)
            talk = asyncio.run(call(options["url"], cookie, pcm, options["conversation"]))
            if options["out"]:
                write_speech(options["out"], b"".join(answer.pcm for answer in talk.answers))
        except (NotSpeech, CallFailed, OSError) as error:
            raise CommandError(str(error)) from None
        self.report(talk)

    def report(self, talk: Talk) -> None:
        latency_of = {answer.item_id: answer.latency_s for answer in talk.answers}
        for turn in talk.turns:
            if not (turn.text or turn.error):
                continue
            who = "You" if turn.role == "user" else "Assistant"
            mark = " (interrupted)" if turn.status == "interrupted" else ""
            self.stdout.write(f"{who}: {turn.text or turn.error}{mark}")
            latency_s = latency_of.get(turn.item_id)
            if latency_s is not None:
                self.stdout.write(f"  voice to voice: {latency_s:.2f} s")
        self.stdout.write(f"Conversation: {talk.conversation_id}")
        if not any(answer.pcm for answer in talk.answers):
            raise CommandError("The answer had no sound.")


def admin_password() -> str:
    """The password of the first `admin`, as script/server made or was given it."""
    if settings.ADMIN_PASSWORD:
        return str(settings.ADMIN_PASSWORD)
    try:
        return (settings.VAR_DIR / "admin_password").read_text().strip()
    except OSError:
        raise CommandError("Give --password: there is no var/admin_password here.") from None
