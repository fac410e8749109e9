"""What a caller may choose of a call, beside what the persona says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from chatbot.realtime.fields import VOICES
from chatbot.realtime.session import SessionSettings

__all__ = ["EAGERNESS", "LANGUAGES", "SPEEDS", "TURN_DETECTIONS", "VOICES", "with_choices"]

TURN_DETECTIONS = ("server_vad", "semantic_vad", "none")
EAGERNESS = ("auto", "low", "medium", "high")
#: Those that a page offers; any from 0.25 to 1.5 will do.
SPEEDS = (0.75, 1, 1.25, 1.5)

#: ISO 639-1 -> its own name: the languages that the service's recognisers are good at
#: (OpenAI, speech-to-text guide, supported languages).
LANGUAGES: dict[str, str] = {
    "af": "Afrikaans",
    "id": "Bahasa Indonesia",
    "ms": "Bahasa Melayu",
    "bs": "Bosanski",
    "ca": "Català",
    "cs": "Čeština",
    "cy": "Cymraeg",
    "da": "Dansk",
    "de": "Deutsch",
    "et": "Eesti",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "gl": "Galego",
    "hr": "Hrvatski",
    "is": "Íslenska",
    "it": "Italiano",
    "sw": "Kiswahili",
    "lv": "Latviešu",
    "lt": "Lietuvių",
    "hu": "Magyar",
    "mi": "Māori",
    "nl": "Nederlands",
    "no": "Norsk",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "fi": "Suomi",
    "sv": "Svenska",
    "tl": "Tagalog",
    "vi": "Tiếng Việt",
    "tr": "Türkçe",
    "az": "Azərbaycanca",
    "el": "Ελληνικά",
    "be": "Беларуская",
    "bg": "Български",
    "kk": "Қазақша",
    "mk": "Македонски",
    "ru": "Русский",
    "sr": "Српски",
    "uk": "Українська",
    "hy": "Հայերեն",
    "he": "עברית",
    "ar": "العربية",
    "fa": "فارسی",
    "ur": "اردو",
    "hi": "हिन्दी",
    "mr": "मराठी",
    "ne": "नेपाली",
    "kn": "ಕನ್ನಡ",
    "ta": "தமிழ்",
    "th": "ไทย",
    "ja": "日本語",
    "ko": "한국어",
    "zh": "中文",
}


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
