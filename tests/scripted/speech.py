"""What the scripted upstream hears and says: items, usage and sound."""

from __future__ import annotations

from typing import Any

from chatbot.realtime.audio import bytes_of

Event = dict[str, Any]

USAGE = {
    "total_tokens": 78,
    "input_tokens": 44,
    "output_tokens": 34,
    "input_token_details": {
        "text_tokens": 24,
        "audio_tokens": 20,
        "cached_tokens": 16,
        "cached_tokens_details": {"text_tokens": 16, "audio_tokens": 0},
    },
    "output_token_details": {"text_tokens": 14, "audio_tokens": 20},
}


def question_item(item_id: str) -> Event:
    """The item of what the user has spoken, before its words are known."""
    return {
        "id": item_id,
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_audio", "transcript": None}],
    }


def answer_item(item_id: str, status: str, text: str = "") -> Event:
    """The item of an answer."""
    content = [{"type": "output_audio", "transcript": text}] if text else []
    return {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def error(code: str, message: str, kind: str = "invalid_request_error") -> Event:
    """An `error` event as the service sends it."""
    return {
        "type": "error",
        "error": {"type": kind, "code": code, "message": message, "param": None, "event_id": None},
    }


def tone(ms: int) -> bytes:
    """Sound that anybody hears: a square wave of 240 Hz."""
    period = b"\x00\x20" * 50 + b"\x00\xe0" * 50
    return (period * (bytes_of(ms) // len(period) + 1))[: bytes_of(ms)]
