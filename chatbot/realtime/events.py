"""Realtime GA events as dictionaries: reading them, and making those that we send.

Names and fields follow openai-python 3.54.0; see docs/protocol.md for what we do with each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatbot.realtime.audio import to_base64
from chatbot.realtime.sentences import N_

Event = dict[str, Any]


class BadEvent(ValueError):
    """A frame that is no event. `code` is the service's own error code for it, `event_id` the
    sender's own id, if there is one all the same."""

    def __init__(self, code: str, message: str, event_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.event_id = event_id


def parse(text: str) -> Event:
    """One event from the text of a frame.

    Raises:
        BadEvent: `invalid_json`, or `invalid_event` when it is no object with a `type`.
    """
    try:
        event = json.loads(text)
        if _holds_no_text(text):
            event = json.loads(_as_text(event))
    except (ValueError, RecursionError):
        raise BadEvent("invalid_json", N_("The message is not valid JSON.")) from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        event_id = id_of(event) if isinstance(event, dict) else None
        sentence = N_("A message must be a JSON object with a type.")
        raise BadEvent("invalid_event", sentence, event_id)
    return event


def _holds_no_text(text: str) -> bool:
    """Whether there are escapes that may stand for no character that can be sent or stored."""
    # Sound holds no backslash, and to ask for one alone costs next to nothing.
    return "\\" in text and any(escape in text for escape in ("\\u0000", "\\ud", "\\uD"))


def _as_text(event: Any) -> str:
    """The event as JSON again, without NUL, and with U+FFFD for half of a surrogate pair."""
    raw = json.dumps(event, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
    return raw.decode("utf-16-le", "replace").replace("\\u0000", "")


def audio_header(delta: Event, generation: int) -> Event:
    """`chat.audio`: to what the sound behind it belongs, from the `response.output_audio.delta`."""
    belongs = {name: delta[name] for name in ("response_id", "item_id", "content_index")}
    return {"type": "chat.audio", **belongs, "generation": generation}


def id_of(event: Event) -> str | None:
    """The sender's own id of an event, if it has a proper one."""
    found = event.get("event_id")
    return found if isinstance(found, str) else None


def parse_bounded(text: str, most: int) -> Event:
    """As `parse`, but `message_too_large` for more than `most` characters."""
    if len(text) > most:
        raise BadEvent("message_too_large", N_("That message is too long to send."))
    return parse(text)


def dump(event: Mapping[str, Any]) -> str:
    """The text of a frame, compact."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def append(pcm: bytes) -> str:
    """`input_audio_buffer.append`, made without a JSON encoder: base64 needs no escaping."""
    return f'{{"type":"input_audio_buffer.append","audio":"{to_base64(pcm)}"}}'


def session_update(session: Mapping[str, Any]) -> Event:
    """`session.update` with the whole session as we want it."""
    return {"type": "session.update", "session": dict(session)}


def response_create(event_id: str) -> Event:
    """`response.create` with the session's own settings; a refusal of it names `event_id`."""
    return {"type": "response.create", "event_id": event_id}


def response_cancel(response_id: str) -> Event:
    """`response.cancel` of one response, so that a later one is never hit by it."""
    return {"type": "response.cancel", "response_id": response_id}


def item_truncate(item_id: str, content_index: int, audio_end_ms: int) -> Event:
    """`conversation.item.truncate` at what was heard, in milliseconds."""
    return {
        "type": "conversation.item.truncate",
        "item_id": item_id,
        "content_index": content_index,
        "audio_end_ms": audio_end_ms,
    }


def item_delete(item_id: str) -> Event:
    """`conversation.item.delete`."""
    return {"type": "conversation.item.delete", "item_id": item_id}


def message_create(item_id: str, role: str, text: str) -> Event:
    """`conversation.item.create` of a text message; assistants speak `output_text` only."""
    content_type = "output_text" if role == "assistant" else "input_text"
    return {
        "type": "conversation.item.create",
        "item": {
            "id": item_id,
            "type": "message",
            "role": role,
            "content": [{"type": content_type, "text": text}],
        },
    }


def function_call_create(item_id: str, call_id: str, name: str, arguments: str) -> Event:
    """`conversation.item.create` of a call that the model made in another session."""
    call = {"id": item_id, "type": "function_call", "call_id": call_id, "name": name}
    return {"type": "conversation.item.create", "item": {**call, "arguments": arguments}}


def tool_output_create(item_id: str, call_id: str, output: str) -> Event:
    """`conversation.item.create` of what a function call came to."""
    item = {"id": item_id, "type": "function_call_output", "call_id": call_id, "output": output}
    return {"type": "conversation.item.create", "item": item}


def mcp_approval_create(item_id: str, request_id: str, approve: bool) -> Event:
    """`conversation.item.create` of the user's answer to an MCP server's request."""
    item = {
        "id": item_id,
        "type": "mcp_approval_response",
        "approval_request_id": request_id,
        "approve": approve,
    }
    return {"type": "conversation.item.create", "item": item}
