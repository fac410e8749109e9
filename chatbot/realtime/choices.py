"""What a caller may choose of a call, beside what the persona says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from chatbot.realtime.fields import VOICES
from chatbot.realtime.languages import LANGUAGES
from chatbot.realtime.session import SessionSettings

__all__ = ["EAGERNESS", "LANGUAGES", "SPEEDS", "TURN_DETECTIONS", "VOICES", "with_choices"]

TURN_DETECTIONS = ("server_vad", "semantic_vad", "none")
EAGERNESS = ("auto", "low", "medium", "high")
#: Those that a page offers; any from 0.25 to 1.5 will do.
SPEEDS = (0.75, 1, 1.25, 1.5)


def with_choices(
    settings: SessionSettings, choices: Mapping[str, Any], permitted: Collection[str]
) -> SessionSettings:
    """The persona's settings with the caller's choices, as far as the persona permits.

    `choices` are fields of `SessionSettings`; None leaves the persona's. Eagerness is part of the
    turn detection.
    """
    taken = {
        name: value
        for name, value in choices.items()
        if value is not None and ("turn_detection" if name == "eagerness" else name) in permitted
    }
    return replace(settings, **taken)
