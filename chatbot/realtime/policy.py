"""What happens to each Realtime event on both sockets: one row for every GA event."""

from __future__ import annotations

from enum import Enum

from chatbot.realtime import fields
from chatbot.realtime.events import Event
from chatbot.realtime.fields import invalid


class Decision(Enum):
    """relay: passed on as it is; own: the call acts on it and nobody else sees it;
    drop: of no use here; refuse: answered with a `chat.error` and never forwarded."""

    RELAY = "relay"
    OWN = "own"
    DROP = "drop"
    REFUSE = "refuse"


_RELAY, _OWN, _DROP, _REFUSE = Decision

#: From the browser. Its audio comes as binary frames; of its session it changes what the persona
#: leaves to it.
FROM_BROWSER: dict[str, Decision] = {
    "conversation.item.create": _OWN,
    "conversation.item.delete": _REFUSE,
    "conversation.item.retrieve": _REFUSE,
    "conversation.item.truncate": _REFUSE,
    "input_audio_buffer.append": _REFUSE,
    "input_audio_buffer.clear": _OWN,
    "input_audio_buffer.commit": _OWN,
    "output_audio_buffer.clear": _REFUSE,
    "response.cancel": _OWN,
    "response.create": _OWN,
    "session.update": _OWN,
}

#: From the upstream. Audio goes down as binary frames behind a `chat.audio` header.
FROM_UPSTREAM: dict[str, Decision] = {
    "conversation.created": _DROP,
    "conversation.item.added": _RELAY,
    "conversation.item.created": _DROP,
    "conversation.item.deleted": _RELAY,
    "conversation.item.done": _RELAY,
    "conversation.item.input_audio_transcription.completed": _RELAY,
    "conversation.item.input_audio_transcription.delta": _RELAY,
    "conversation.item.input_audio_transcription.failed": _RELAY,
    "conversation.item.input_audio_transcription.segment": _DROP,
    "conversation.item.retrieved": _DROP,
    "conversation.item.truncated": _RELAY,
    "error": _OWN,
    "input_audio_buffer.cleared": _RELAY,
    "input_audio_buffer.committed": _RELAY,
    "input_audio_buffer.dtmf_event_received": _DROP,
    "input_audio_buffer.speech_started": _RELAY,
    "input_audio_buffer.speech_stopped": _RELAY,
    "input_audio_buffer.timeout_triggered": _DROP,
    "mcp_list_tools.completed": _DROP,
    "mcp_list_tools.failed": _OWN,
    "mcp_list_tools.in_progress": _DROP,
    "output_audio_buffer.cleared": _DROP,
    "output_audio_buffer.started": _DROP,
    "output_audio_buffer.stopped": _DROP,
    "rate_limits.updated": _DROP,
    "response.content_part.added": _RELAY,
    "response.content_part.done": _RELAY,
    "response.created": _RELAY,
    "response.done": _RELAY,
    "response.function_call_arguments.delta": _DROP,
    "response.function_call_arguments.done": _OWN,
    "response.mcp_call.completed": _DROP,
    "response.mcp_call.failed": _DROP,
    "response.mcp_call.in_progress": _DROP,
    "response.mcp_call_arguments.delta": _DROP,
    "response.mcp_call_arguments.done": _DROP,
    "response.output_audio.delta": _OWN,
    "response.output_audio.done": _RELAY,
    "response.output_audio_transcript.delta": _RELAY,
    "response.output_audio_transcript.done": _RELAY,
    "response.output_item.added": _RELAY,
    "response.output_item.done": _RELAY,
    "response.output_text.delta": _RELAY,
    "response.output_text.done": _RELAY,
    "session.created": _OWN,
    "session.updated": _OWN,
}

#: From a client of `/v1/realtime`: checked and cleaned (`requests.py`, `permissions.py`), then sent
#: on. `output_audio_buffer.clear` is for WebRTC, as with the service itself.
FROM_CLIENT: dict[str, Decision] = {
    "conversation.item.create": _RELAY,
    "conversation.item.delete": _RELAY,
    "conversation.item.retrieve": _RELAY,
    "conversation.item.truncate": _RELAY,
    "input_audio_buffer.append": _RELAY,
    "input_audio_buffer.clear": _RELAY,
    "input_audio_buffer.commit": _RELAY,
    "output_audio_buffer.clear": _REFUSE,
    "response.cancel": _RELAY,
    "response.create": _RELAY,
    "session.update": _OWN,
}

#: From the upstream to a client of `/v1/realtime`. Dropped are events that GA does not send over a
#: WebSocket, which strict clients do not know, and those of MCP servers, which are the persona's.
FROM_UPSTREAM_TO_CLIENT: dict[str, Decision] = {
    "conversation.created": _DROP,
    "conversation.item.added": _RELAY,
    "conversation.item.created": _DROP,
    "conversation.item.deleted": _RELAY,
    "conversation.item.done": _RELAY,
    "conversation.item.input_audio_transcription.completed": _RELAY,
    "conversation.item.input_audio_transcription.delta": _RELAY,
    "conversation.item.input_audio_transcription.failed": _RELAY,
    "conversation.item.input_audio_transcription.segment": _RELAY,
    "conversation.item.retrieved": _RELAY,
    "conversation.item.truncated": _RELAY,
    "error": _OWN,
    "input_audio_buffer.cleared": _RELAY,
    "input_audio_buffer.committed": _RELAY,
    "input_audio_buffer.dtmf_event_received": _DROP,
    "input_audio_buffer.speech_started": _RELAY,
    "input_audio_buffer.speech_stopped": _RELAY,
    "input_audio_buffer.timeout_triggered": _RELAY,
    "mcp_list_tools.completed": _DROP,
    "mcp_list_tools.failed": _DROP,
    "mcp_list_tools.in_progress": _DROP,
    "output_audio_buffer.cleared": _DROP,
    "output_audio_buffer.started": _DROP,
    "output_audio_buffer.stopped": _DROP,
    "rate_limits.updated": _RELAY,
    "response.content_part.added": _RELAY,
    "response.content_part.done": _RELAY,
    "response.created": _RELAY,
    "response.done": _RELAY,
    "response.function_call_arguments.delta": _RELAY,
    "response.function_call_arguments.done": _RELAY,
    "response.mcp_call.completed": _DROP,
    "response.mcp_call.failed": _DROP,
    "response.mcp_call.in_progress": _DROP,
    "response.mcp_call_arguments.delta": _DROP,
    "response.mcp_call_arguments.done": _DROP,
    "response.output_audio.delta": _RELAY,
    "response.output_audio.done": _RELAY,
    "response.output_audio_transcript.delta": _RELAY,
    "response.output_audio_transcript.done": _RELAY,
    "response.output_item.added": _RELAY,
    "response.output_item.done": _RELAY,
    "response.output_text.delta": _RELAY,
    "response.output_text.done": _RELAY,
    "session.created": _OWN,
    "session.updated": _OWN,
}

#: What a watching tab needs to show captions; it hears nothing.
CAPTIONS: frozenset[str] = frozenset(
    kind
    for kind, decision in FROM_UPSTREAM.items()
    if decision is _RELAY and ".content_part." not in kind and ".output_audio.done" not in kind
)

#: Longest text frame that a browser may send, and longest typed message, in characters.
MAX_TEXT_FRAME = 65_536
MAX_TYPED_TEXT = 8_000


def typed_text(event: Event) -> str:
    """The words of a `conversation.item.create` from the browser.

    Raises:
        Refused: it is no message of the user's own written words.
    """
    parts = _TYPED(event, "")["item"]["content"]
    text = "\n".join(part["text"] for part in parts).strip()
    if not 0 < len(text) <= MAX_TYPED_TEXT:
        raise invalid("item.content", f"expected 1 to {MAX_TYPED_TEXT} characters of text.")
    return text


_PART = {"type": fields.one_of("input_text"), "text": fields.text(MAX_TEXT_FRAME)}
_ITEM = {
    "type": fields.one_of("message"),
    "role": fields.one_of("user"),
    "id": fields.nullable(fields.text(128)),
    "object": fields.nullable(fields.text(80)),
    "status": fields.nullable(fields.text(80)),
    "content": fields.listed(fields.record(_PART, "type", "text"), 64),
}
_TYPED = fields.record(
    {
        "type": fields.text(80),
        "event_id": lambda value, param: value,
        "item": fields.record(_ITEM, "type", "role", "content"),
    },
    "item",
)
