"""Large events of a Realtime client: much sound at once, which is read without a JSON decoder.

All else is bounded far below that: of a text that small, JSON makes objects many times its size.
"""

from __future__ import annotations

from chatbot.realtime import events
from chatbot.realtime.events import BadEvent, Event

#: In characters: of `input_audio_buffer.append`, as the service takes it, and of any other event.
MAX_APPEND = 15 * 1024 * 1024
MAX_EVENT = 1024 * 1024

_APPEND = "input_audio_buffer.append"
_FIELD = '"audio"'


def parse(text: str) -> Event:
    """One event of a client's.

    Raises:
        BadEvent: as of `events.parse`; `message_too_large` for more than an event may hold.
    """
    if len(text) <= MAX_EVENT:
        return events.parse(text)
    start, end = _sound(text)
    rest = text[:start] + text[end:]
    if start == 0 or len(text) > MAX_APPEND or len(rest) > MAX_EVENT:
        raise _too_large()
    event = events.parse(rest)
    if event["type"] != _APPEND or event.get("audio") != "":
        raise _too_large()
    return {**event, "audio": text[start:end].replace("\\/", "/")}


def _sound(text: str) -> tuple[int, int]:
    """Where the base64 of the sound begins and ends; 0, 0 if there is none."""
    field = text.find(_FIELD)
    start = text.find('"', field + len(_FIELD)) + 1
    end = text.find('"', start)
    is_field = field >= 0 and start > 0 and end > 0
    if not is_field or text[field + len(_FIELD) : start - 1].strip() != ":":
        return 0, 0
    return start, end


def _too_large() -> BadEvent:
    most = f"{MAX_EVENT // 2**20} MiB, {MAX_APPEND // 2**20} MiB for '{_APPEND}'"
    return BadEvent("message_too_large", f"That is more than an event may hold: {most}.")
