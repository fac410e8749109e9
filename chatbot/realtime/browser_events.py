"""What the events of a page must look like: checked before the call acts on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatbot.realtime import fields
from chatbot.realtime.audio import BYTES_PER_SAMPLE, MAX_FRAME_BYTES
from chatbot.realtime.events import Event
from chatbot.realtime.fields import Check, Refused, missing, nullable, number, one_of, text, unknown
from chatbot.realtime.problems import Problem
from chatbot.realtime.sentences import N_

#: Nothing that is played is longer: a session of the upstream ends after an hour. Less than this,
#: but more than was sent, is taken for all that was sent: a page may count its own silence.
LONGEST_MS = 3_600_000
MAX_ID = 128
#: Whole numbers that JavaScript can hold.
LARGEST_ID = 2**53

EMPTY_FRAME = Problem("empty_audio_frame", N_("A sound frame must not be empty."))
ODD_FRAME = Problem("odd_audio_frame", N_("A sound frame must hold whole samples."))
LARGE_FRAME = Problem("audio_frame_too_large", N_("A sound frame may last one second at most."))
NO_ANSWER = Problem("response_cancel_not_active", N_("There was no answer to stop."))

_ENVELOPE = frozenset({"type", "event_id"})
_count = number(0, 2**31, whole=True)
_position: dict[str, Check] = {
    "generation": _count,
    "content_index": _count,
    "played_ms": number(0, LONGEST_MS),
}
_OURS: dict[str, dict[str, Check]] = {
    "chat.interrupt": {**_position, "item_id": nullable(text(MAX_ID))},
    "chat.playback": {
        **_position,
        "item_id": text(MAX_ID),
        "state": one_of("playing", "paused", "ended", "interrupted"),
    },
    "chat.ping": {"id": number(-LARGEST_ID, LARGEST_ID, whole=True)},
    "chat.tool.answer": {"call_id": text(MAX_ID), "approved": fields.boolean},
}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "chat.interrupt": ("generation",),
    "chat.playback": ("generation", "item_id", "played_ms", "state"),
    "chat.ping": ("id",),
    "chat.tool.answer": ("call_id", "approved"),
}


def wrong_speech(pcm: bytes) -> Problem | None:
    """What is wrong with a frame of sound, if anything is."""
    if not pcm:
        return EMPTY_FRAME
    if len(pcm) % BYTES_PER_SAMPLE:
        return ODD_FRAME
    return LARGE_FRAME if len(pcm) > MAX_FRAME_BYTES else None


def check(event: Event) -> None:
    """Pass an event that is well formed, as far as this can be told without the call.

    Raises:
        Refused: a field is missing, wrong, or not the page's to send.
    """
    kind = event["type"]
    if checks := _OURS.get(kind):
        _check_ours(event, checks, _REQUIRED[kind])
    elif only := _GA.get(kind):
        only(event)


def _check_ours(event: Event, checks: dict[str, Check], required: tuple[str, ...]) -> None:
    for name in required:
        if name not in event:
            raise missing(name)
    for name in checks.keys() & event.keys():
        checks[name](event[name], name)
    if event.get("item_id") and "played_ms" not in event:
        raise missing("played_ms")


def _check_bare(event: Event) -> None:
    for name in sorted(event.keys() - _ENVELOPE):
        raise unknown(name[: fields.MAX_NAME])


def _check_response(event: Event) -> None:
    """The answer is the persona's: what it may say and how is not the page's to choose."""
    response: Any = event.get("response")
    if response:
        name = next(iter(response)) if isinstance(response, dict) else ""
        param = f"response.{name[: fields.MAX_NAME]}".rstrip(".")
        raise Refused("setting_not_allowed", f"'{param}' cannot be chosen here.", param)
    _check_bare({name: value for name, value in event.items() if name != "response"})


_GA: dict[str, Callable[[Event], None]] = {
    "input_audio_buffer.clear": _check_bare,
    "input_audio_buffer.commit": _check_bare,
    "response.cancel": _check_bare,
    "response.create": _check_response,
}
