"""Checks of single fields of a GA session: each returns the value to forward, or refuses it.

Ranges and names are those of openai-python 3.54.0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chatbot.realtime.audio import SAMPLE_RATE_HZ
from chatbot.realtime.languages import LANGUAGES

VOICES = ("alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse")

MAX_INSTRUCTIONS = 100_000
MAX_TOOLS = 128
MAX_NAME = 128
MAX_DEPTH = 32

Check = Callable[[Any, str], Any]


class Refused(ValueError):
    """A field that may not be forwarded. `code` is the service's own word where it has one;
    `param` is the field's path, as in `session.audio.output.voice`."""

    def __init__(self, code: str, message: str, param: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


def invalid(param: str, message: str) -> Refused:
    """The service's refusal of a value."""
    return Refused("invalid_value", f"Invalid value for '{param}': {message}", param)


def unknown(param: str) -> Refused:
    """The service's refusal of a name."""
    return Refused("unknown_parameter", f"Unknown parameter: '{param}'.", param)


def missing(param: str) -> Refused:
    """The service's refusal of an event that is not complete."""
    message = f"Missing required parameter: '{param}'."
    return Refused("missing_required_parameter", message, param)


def not_allowed(param: str) -> Refused:
    """Our refusal of what is the persona's."""
    return Refused("setting_not_allowed", f"'{param}' cannot be changed here.", param)


def text(limit: int) -> Check:
    """A string of at most `limit` characters."""

    def check(value: Any, param: str) -> str:
        if not isinstance(value, str) or len(value) > limit:
            raise invalid(param, f"expected a string of at most {limit} characters.")
        return value

    return check


def one_of(*allowed: str) -> Check:
    """One of these strings."""

    def check(value: Any, param: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise invalid(param, f"expected one of {', '.join(allowed)}.")
        return value

    return check


def number(least: float, most: float, *, whole: bool = False) -> Check:
    """A number from `least` to `most`."""

    def check(value: Any, param: str) -> float:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            raise invalid(param, f"expected a number from {least} to {most}.")
        return value

    return check


def boolean(value: Any, param: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise invalid(param, "expected true or false.")
    return value


def nullable(check: Check) -> Check:
    """Null, or what `check` takes."""
    return lambda value, param: None if value is None else check(value, param)


def listed(check: Check, limit: int) -> Check:
    """A list of at most `limit` of what `check` takes."""

    def check_list(value: Any, param: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > limit:
            raise invalid(param, f"expected a list of at most {limit}.")
        return [check(each, f"{param}[{index}]") for index, each in enumerate(value)]

    return check_list


def record(checks: Mapping[str, Check], *required: str) -> Check:
    """An object with these fields and no others."""

    def check(value: Any, param: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid(param, "expected an object.")
        prefix = f"{param}." if param else ""
        for name in required:
            if name not in value:
                raise missing(f"{prefix}{name}")
        for name in value:
            if name not in checks:
                raise unknown(f"{prefix}{name[:MAX_NAME]}")
        return {name: checks[name](each, f"{prefix}{name}") for name, each in value.items()}

    return check


def by_type(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of the checks it must pass."""

    def check(value: Any, param: str) -> Any:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            raise invalid(f"{param}.type", f"expected one of {', '.join(kinds)}.")
        return kinds[kind](value, param)

    return check


def either(first: Check, second: Check) -> Check:
    """A string that `first` takes, or anything else that `second` takes."""
    return lambda value, param: (first if isinstance(value, str) else second)(value, param)


def any_object(value: Any, param: str) -> dict[str, Any]:
    """An object that is proper JSON and not nested deeply, whatever it holds."""
    if not isinstance(value, dict):
        raise invalid(param, "expected an object.")
    if _is_deeper(value, MAX_DEPTH):
        raise invalid(param, f"it is nested in more than {MAX_DEPTH} levels.")
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise invalid(param, "expected proper JSON.") from None
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    held = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in held)


def modalities(value: Any, param: str) -> list[str]:
    """Spoken, or written."""
    if value not in (["audio"], ["text"]):
        raise invalid(param, "expected ['audio'] or ['text'].")
    return list(value)


def _language(value: Any, param: str) -> str:
    """A language of the recognisers, a region behind it perhaps, as in pt-BR; "" for any."""
    code: str = text(20)(value, param)
    if code and code.partition("-")[0].lower() not in LANGUAGES:
        raise invalid(param, "expected a language as in ISO 639-1, such as en or de.")
    return code


_a_type = text(40)
_server_vad = {
    "type": _a_type,
    "threshold": number(0, 1),
    "prefix_padding_ms": number(0, 5_000, whole=True),
    "silence_duration_ms": number(0, 10_000, whole=True),
    "idle_timeout_ms": nullable(number(5_000, 30_000, whole=True)),
    "create_response": boolean,
    "interrupt_response": boolean,
}
_semantic_vad = {
    "type": _a_type,
    "eagerness": one_of("low", "medium", "high", "auto"),
    "create_response": boolean,
    "interrupt_response": boolean,
}
_tool = {
    "type": _a_type,
    "name": text(64),
    "description": text(16_384),
    "parameters": any_object,
    "strict": boolean,
}
_choice = record({"type": _a_type, "name": text(64)}, "name")
_retention = record(
    {"type": _a_type, "retention_ratio": number(0, 1), "token_limits": any_object},
    "retention_ratio",
)

voice = one_of(*VOICES)
speed = number(0.25, 1.5)
instructions = text(MAX_INSTRUCTIONS)
language = nullable(_language)
turn_detection = nullable(
    by_type({"server_vad": record(_server_vad), "semantic_vad": record(_semantic_vad)})
)
tools = listed(by_type({"function": record(_tool, "name")}), MAX_TOOLS)
tool_choice = either(one_of("auto", "none", "required"), by_type({"function": _choice}))
max_output_tokens = either(one_of("inf"), number(1, 4096, whole=True))
truncation = either(one_of("auto", "disabled"), by_type({"retention_ratio": _retention}))
reasoning = nullable(record({"effort": one_of("minimal", "low", "medium", "high", "xhigh")}))
include = nullable(listed(one_of("item.input_audio_transcription.logprobs"), 1))
noise_reduction = nullable(
    record({"type": one_of("near_field", "far_field"), "strength": number(0, 1)}, "type")
)
audio_format = by_type(
    {
        "audio/pcm": record({"type": _a_type, "rate": number(24_000, 24_000, whole=True)}),
        "audio/pcmu": record({"type": _a_type}),
        "audio/pcma": record({"type": _a_type}),
    }
)

PCM = {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ}
