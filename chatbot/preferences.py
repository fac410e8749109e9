"""What a page offers a user to choose for their calls, and the check of what they chose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings as deployment
from django.urls import reverse
from django.utils.translation import gettext as _

from chatbot.access import personas_for, preferences_of
from chatbot.models import CALL_PREFERENCES, Persona, Preferences, User
from chatbot.realtime.choices import EAGERNESS, LANGUAGES, SPEEDS, TURN_DETECTIONS, VOICES
from chatbot.realtime.session import SessionSettings

#: Of a turn detection, what the call decides by itself.
_OWN = frozenset({"create_response", "interrupt_response"})


#: Whether calls may be recorded; the row says since when.
RECORDING = "recording"


class Unfit(Exception):
    """Preferences that cannot be kept; `errors` has a sentence for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def choices_for(user: User, persona: Persona) -> dict[str, Any]:
    """All that the page offers; `persona` is that of its conversation, whether listed or not."""
    offered = {each.pk: each for each in personas_for(user)}
    offered.setdefault(persona.pk, persona)
    kept = preferences_of(user)
    return {
        "personas": [_as_json(each) for each in offered.values()],
        "voices": list(VOICES),
        "languages": list(LANGUAGES.items()),
        "eagerness": list(EAGERNESS),
        "speeds": list(SPEEDS),
        "saved": saved(kept),
        "recording": bool(kept.recording_agreed_at) if deployment.RECORDINGS else None,
        "preferences_url": reverse("preferences"),
    }


def saved(preferences: Preferences) -> dict[str, Any]:
    """The user's choices, as `POST /preferences/` takes them."""
    persona = preferences.persona
    return {"persona": persona.slug if persona else None, **preferences.of_calls()}


def used(settings: SessionSettings) -> dict[str, Any]:
    """What a page shows of the settings of a call."""
    detection = settings.as_session()["audio"]["input"]["turn_detection"]
    shown = detection and {name: detection[name] for name in detection if name not in _OWN}
    return {
        "voice": settings.voice,
        "speed": settings.speed,
        "language": settings.language,
        "turn_detection": shown,
    }


def _as_json(persona: Persona) -> dict[str, Any]:
    return {
        "slug": persona.slug,
        "name": persona.shown_name,
        "description": persona.description,
        "permits": persona.user_settings,
        "eagerness": persona.eagerness,
        **used(persona.session_settings()),
    }


def checked(user: User, wanted: Any) -> dict[str, Any]:
    """The columns of `Preferences` that are to change, and `RECORDING` if the user agrees to that,
    or does not any more; null leaves a choice to the persona.

    Raises:
        Unfit: it is no object, or a choice is not offered.
    """
    if not isinstance(wanted, dict):
        raise Unfit({"__all__": _("Send the preferences as a JSON object.")})
    errors: dict[str, str] = {}
    changes: dict[str, Any] = {}
    for name, value in wanted.items():
        if name == "persona":
            chosen = personas_for(user).filter(slug=value) if isinstance(value, str) else None
            changes["persona"] = chosen.first() if chosen is not None else None
            is_fit = value is None or changes["persona"] is not None
        elif name == RECORDING:
            changes[name] = value
            is_fit = value is False or (value is True and deployment.RECORDINGS)
        elif name in CALL_PREFERENCES:
            changes[name] = value
            is_fit = value is None or _FITS[name](value)
        else:
            errors[name[:40]] = _("There is no such preference.")
            continue
        if not is_fit:
            errors[name] = _sentence(name)
    if errors:
        raise Unfit(errors)
    return changes


def _is_one_of(*offered: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in offered


def _is_speed(value: Any) -> bool:
    return isinstance(value, int | float) and value is not True and 0.25 <= value <= 1.5


_FITS: dict[str, Callable[[Any], bool]] = {
    "voice": _is_one_of(*VOICES),
    "speed": _is_speed,
    "language": _is_one_of("", *LANGUAGES),
    "turn_detection": _is_one_of(*TURN_DETECTIONS),
    "eagerness": _is_one_of(*EAGERNESS),
}


def _sentence(name: str) -> str:
    return {
        "persona": _("There is no such persona. Choose one from the list."),
        "voice": _("There is no such voice. Choose one from the list."),
        "speed": _("The speed is a number from 0.25 to 1.5."),
        "language": _("This language is not known here. Choose one from the list."),
        "turn_detection": _("There is no such turn detection. Choose one from the list."),
        "eagerness": _("There is no such eagerness. Choose one from the list."),
        RECORDING: _("Calls are not recorded on this site."),
    }[name]
