"""Items as clients give them (`conversation.item.create`, `response.create`), checked and read."""

from __future__ import annotations

import binascii
from typing import Any

from chatbot.engine.conversation import Item, words_of
from chatbot.engine.errors import RequestError
from chatbot.realtime.audio import from_base64, ms_of

_PARTS = {
    "user": ("input_text", "input_audio", "input_image"),
    "system": ("input_text",),
    "assistant": ("output_text",),
}
_OTHER_TYPES = (
    "function_call",
    "function_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
)


def item_of(given: Any, new_id: str) -> Item:
    """The item a client describes, with its own id or else `new_id`.

    Raises:
        RequestError: it is not one the service would take.
    """
    if not isinstance(given, dict):
        raise RequestError(
            "missing_required_parameter", "Missing required parameter: 'item'.", "item"
        )
    kind = given.get("type")
    item_id = given.get("id") or new_id
    if not isinstance(item_id, str):
        raise RequestError("invalid_value", "Expected a string.", "item.id")
    if kind == "message":
        return _message(given, item_id)
    if kind in _OTHER_TYPES:
        fields = {key: value for key, value in given.items() if key not in _OWN_FIELDS}
        return Item(item_id, kind, "completed", fields)
    if kind is None:
        raise RequestError(
            "missing_required_parameter", "Missing required parameter: 'item.type'.", "item.type"
        )
    raise RequestError("invalid_value", f"Invalid item type '{kind}'.", "item.type")


def audio_of(given: dict[str, Any]) -> bytes:
    """The PCM in a user message that brings its own sound; empty if there is none."""
    content = given.get("content")
    parts = content if isinstance(content, list) else []
    audio = [part.get("audio") for part in parts if part.get("type") == "input_audio"]
    return b"".join(decoded_pcm(text, "item.content") for text in audio)


def decoded_pcm(text: Any, param: str) -> bytes:
    """PCM16 from base64.

    Raises:
        RequestError: no base64, or half a sample.
    """
    if not isinstance(text, str):
        raise RequestError(
            "missing_required_parameter", f"Missing required parameter: '{param}'.", param
        )
    try:
        pcm = from_base64(text)
    except (binascii.Error, ValueError):
        raise RequestError(
            "invalid_value", f"Invalid '{param}': expected base64 audio.", param
        ) from None
    if len(pcm) % 2:
        raise RequestError(
            "invalid_value", f"Invalid '{param}': 16-bit audio has an even length.", param
        )
    return pcm


_OWN_FIELDS = ("id", "type", "status", "object")


def _message(given: dict[str, Any], item_id: str) -> Item:
    role = given.get("role")
    if role not in _PARTS:
        raise RequestError(
            "invalid_value",
            "Invalid value. Supported values are: 'user', 'system' and 'assistant'.",
            "item.role",
        )
    content = given.get("content")
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise RequestError(
            "missing_required_parameter",
            "Missing required parameter: 'item.content'.",
            "item.content",
        )
    for index, part in enumerate(content):
        _check_part(part, role, f"item.content[{index}]")
    audio = audio_of(given)
    shown = [_shown(part) for part in content]
    return Item(
        item_id,
        "message",
        "completed",
        {},
        role=role,
        content=shown,
        words=words_of(shown),
        audio_ms=ms_of(len(audio)),
    )


def _check_part(part: dict[str, Any], role: str, param: str) -> None:
    supported = _PARTS[role]
    if part.get("type") not in supported:
        raise RequestError(
            "invalid_value",
            f"Invalid value: '{part.get('type')}'. Supported values are: "
            + ", ".join(f"'{name}'" for name in supported),
            f"{param}.type",
        )
    if part["type"].endswith("_text") and not isinstance(part.get("text"), str):
        raise RequestError(
            "missing_required_parameter",
            f"Missing required parameter: '{param}.text'.",
            f"{param}.text",
        )


def _shown(part: dict[str, Any]) -> dict[str, Any]:
    """Events do not carry the audio of items."""
    if part["type"] == "input_audio":
        return {"type": "input_audio", "transcript": part.get("transcript")}
    return dict(part)
