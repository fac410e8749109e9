"""The session object: its defaults, and how `session.update` changes it, whole or not at all."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from chatbot.engine.errors import RequestError
from chatbot.engine.turns import SEMANTIC_SILENCE_MS
from chatbot.realtime.audio import SAMPLE_RATE_HZ

SESSION_SECONDS = 3600

_SERVER_VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_VAD = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}
_DETECTIONS = {"server_vad": _SERVER_VAD, "semantic_vad": _SEMANTIC_VAD}


def default_settings(session_id: str, model: str, expires_at: int) -> dict[str, Any]:
    """The session as `session.created` shows it. `expires_at` is in epoch seconds."""
    pcm = {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "You are a helpful assistant. Be concise and natural.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": dict(pcm),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(_SERVER_VAD),
            },
            "output": {"format": dict(pcm), "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }


def updated_settings(
    settings: dict[str, Any], changes: Any, *, assistant_has_spoken: bool
) -> dict[str, Any]:
    """A new session object with `changes` merged in; fields not named keep their value.

    Raises:
        RequestError: one field is wrong; `settings` is as it was.
    """
    if not isinstance(changes, dict):
        raise RequestError(
            "missing_required_parameter", "Missing required parameter: 'session'.", "session"
        )
    _check_type(changes)
    wanted = {key: value for key, value in changes.items() if key not in ("model", "id", "object")}
    merged = _merged(settings, wanted)
    merged["audio"]["input"]["turn_detection"] = _detection(
        settings["audio"]["input"]["turn_detection"],
        merged["audio"]["input"]["turn_detection"],
    )
    for check in _CHECKS:
        check(merged)
    voice_changed = merged["audio"]["output"]["voice"] != settings["audio"]["output"]["voice"]
    if voice_changed and assistant_has_spoken:
        raise RequestError(
            "cannot_update_voice",
            "Cannot update a conversation's voice if assistant audio is present.",
            "session.audio.output.voice",
        )
    return merged


def invalid_value(param: str, message: str) -> RequestError:
    """The service's refusal of a value."""
    return RequestError("invalid_value", message, param)


def check_modalities(value: Any, param: str) -> None:
    """An answer is either spoken or written."""
    if value not in (["audio"], ["text"]):
        raise invalid_value(
            param,
            f"Invalid modalities: {value!r}. Supported combinations are: ['text'] and ['audio'].",
        )


def check_max_output_tokens(value: Any, param: str) -> None:
    """1 to 4096, or "inf"."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value != "inf" and not (whole and 1 <= value <= 4096):
        raise invalid_value(param, "Expected an integer between 1 and 4096, or 'inf'.")


def _check_type(changes: dict[str, Any]) -> None:
    kind = changes.get("type")
    if kind is None:
        raise RequestError(
            "missing_required_parameter",
            "Missing required parameter: 'session.type'.",
            "session.type",
        )
    if kind == "transcription":
        raise invalid_value(
            "session.type",
            "Passing a transcription session update event to a realtime session is not allowed.",
        )
    if kind != "realtime":
        raise invalid_value("session.type", "Invalid value. Supported values are: 'realtime'.")


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(old)
    for key, value in new.items():
        before = result.get(key)
        replaces = key in ("format", "turn_detection") or not isinstance(value, dict)
        if replaces or not isinstance(before, dict):
            result[key] = copy.deepcopy(value)
        else:
            result[key] = _merged(before, value)
    return result


def _detection(old: dict[str, Any] | None, new: Any) -> dict[str, Any] | None:
    if new is None:
        return None
    kind = new.get("type") if isinstance(new, dict) else None
    if kind not in _DETECTIONS:
        raise invalid_value(
            "session.audio.input.turn_detection.type",
            "Invalid value. Supported values are: 'server_vad' and 'semantic_vad'.",
        )
    base = old if old is not None and old["type"] == kind else _DETECTIONS[kind]
    return {**base, **new}


def _check_numbers(session: dict[str, Any]) -> None:
    detection = session["audio"]["input"]["turn_detection"]
    if detection is None:
        return
    if detection["type"] == "semantic_vad":
        if detection["eagerness"] not in SEMANTIC_SILENCE_MS:
            raise invalid_value(
                "session.audio.input.turn_detection.eagerness",
                "Invalid value. Supported values are: 'low', 'medium', 'high' and 'auto'.",
            )
        return
    bounds = {
        "threshold": (0.0, 1.0),
        "prefix_padding_ms": (0, 10_000),
        "silence_duration_ms": (0, 30_000),
    }
    for name, (least, most) in bounds.items():
        _check_between(detection[name], least, most, f"session.audio.input.turn_detection.{name}")


def _check_between(value: Any, least: float, most: float, param: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= most:
        raise invalid_value(param, f"Expected a number between {least} and {most}.")


def _check_formats(session: dict[str, Any]) -> None:
    for side in ("input", "output"):
        form = session["audio"][side].get("format")
        param = f"session.audio.{side}.format"
        if not isinstance(form, dict) or form.get("type") != "audio/pcm":
            raise invalid_value(param, "Invalid value. This server supports 'audio/pcm'.")
        if form.get("rate", SAMPLE_RATE_HZ) != SAMPLE_RATE_HZ:
            raise invalid_value(f"{param}.rate", f"Expected {SAMPLE_RATE_HZ}.")


def _check_output(session: dict[str, Any]) -> None:
    check_modalities(session["output_modalities"], "session.output_modalities")
    check_max_output_tokens(session["max_output_tokens"], "session.max_output_tokens")
    speed = session["audio"]["output"].get("speed")
    _check_between(speed, 0.25, 1.5, "session.audio.output.speed")
    if not isinstance(session["instructions"], str):
        raise invalid_value("session.instructions", "Expected a string.")
    if not isinstance(session["audio"]["output"]["voice"], str | dict):
        raise invalid_value("session.audio.output.voice", "Expected the name of a voice.")


_CHECKS: tuple[Callable[[dict[str, Any]], None], ...] = (
    _check_formats,
    _check_numbers,
    _check_output,
)
