"""How a transcript names speakers, times and what became of a turn, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chatbot.models import Conversation, Turn


def zone_named(name: str | None) -> tzinfo:
    """The time zone of that name, as browsers know theirs; UTC for what is none."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return UTC


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is written: the owner reads "You", staff a name; times are in their zone."""

    zone: tzinfo = UTC
    is_owner: bool = True

    def speaker(self, conversation: Conversation, turn: Turn) -> str:
        if turn.role == Turn.Role.USER:
            return _("You") if self.is_owner else conversation.user.get_username()
        return _("Tool") if turn.role == Turn.Role.TOOL else _("Assistant")

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def day(self, at: datetime) -> str:
        return date_format(self.local(at), "DATE_FORMAT")

    def time(self, at: datetime) -> str:
        return f"{self.local(at):%H:%M:%S}"

    def facts(self, conversation: Conversation) -> list[tuple[str, str]]:
        """What stands above a transcript."""
        started = conversation.created_at
        facts = [
            (_("Persona"), conversation.persona.shown_name),
            (_("Started"), f"{self.day(started)}, {self.time(started)}"),
            (_("Time zone"), str(getattr(self.zone, "key", "UTC"))),
            (_("Turns"), str(conversation.turn_count)),
        ]
        if not self.is_owner:
            facts.insert(0, (_("User"), conversation.user.get_username()))
        return facts


def heard_and_not(turn: Turn) -> tuple[str, str]:
    """The words of a turn that were heard, and those of a cut answer that were not."""
    if turn.heard_text is None or turn.status == Turn.Status.IN_PROGRESS:
        return turn.text, ""
    return turn.heard_text, turn.text[len(turn.heard_text) :].strip()


def note_on(turn: Turn) -> str:
    """What became of a turn that is not whole; "" for one that is."""
    if turn.status == Turn.Status.COMPLETED:
        return ""
    if turn.status == Turn.Status.IN_PROGRESS:
        is_tool = turn.role == Turn.Role.TOOL
        return _("Running…") if is_tool else _("Being said now; this is what was said so far.")
    if turn.error:
        return _(turn.error)
    if turn.status == Turn.Status.INTERRUPTED:
        return (
            _("Interrupted before a word was heard.") if turn.heard_text == "" else _("Interrupted")
        )
    if turn.status == Turn.Status.INCOMPLETE:
        return _("This answer is incomplete.")
    if turn.role == Turn.Role.USER:
        return _("These words could not be recognised.")
    return _("This answer failed.")
