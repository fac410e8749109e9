"""File names that every system takes, made of titles in any script."""

from __future__ import annotations

import re
import unicodedata
from datetime import tzinfo

from chatbot.models import Conversation, Turn

#: With a date, an id and an ending it stays under the 255 bytes that file systems take.
MAX_BYTES = 120

#: Windows takes none of these; the others take no slash.
_UNFIT = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)")
#: They join letters in some scripts, and so belong to the words.
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def safe(title: str) -> str:
    """The title as a part of a file name: never empty, hidden, a path, or turned round."""
    letters = unicodedata.normalize("NFC", title)
    kept = "".join(_letter(letter) for letter in letters)
    name = " ".join(_UNFIT.sub(" ", kept).split()).strip(". ")
    name = _shortened(name, MAX_BYTES).rstrip(". ")
    return _DEVICES.sub(r"\1_", name) if _DEVICES.match(name) else name


def _letter(letter: str) -> str:
    if letter in _JOINERS:
        return letter
    category = unicodedata.category(letter)
    if category in ("Cf", "Cs", "Cn", "Co"):  # they show nothing, or turn the rest round
        return ""
    return " " if category in ("Cc", "Zl", "Zp", "Zs") else letter


def _shortened(name: str, limit: int) -> str:
    return name.encode()[:limit].decode(errors="ignore")


def stem_of(conversation: Conversation, zone: tzinfo) -> str:
    """What its files are called, without an ending: the day there and the title."""
    day = f"{conversation.created_at.astimezone(zone):%Y-%m-%d}"
    return f"{day} {safe(conversation.shown_title)}".strip()


def folder_of(conversation: Conversation, zone: tzinfo) -> str:
    """Its folder among others: no two are the same, not even where case does not count."""
    return f"{stem_of(conversation, zone)} {conversation.pk.hex[:8]}"


def recording_of(turn: Turn) -> str:
    """The sound of a turn, in the order of the conversation."""
    return f"recordings/{turn.position:05d}-{turn.role}.flac"
