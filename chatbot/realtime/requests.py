"""What a client of `/v1/realtime` may ask for, besides its session: checked and cleaned events.

A cleaned event holds only fields that are known, so that nothing is smuggled past the checks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatbot.realtime import fields
from chatbot.realtime.events import Event
from chatbot.realtime.fields import Check, Refused, by_type, invalid, listed, nullable, record, text
from chatbot.realtime.permissions import Field, Permissions

MAX_ID = 128
MAX_EVENT_ID = 512
MAX_TEXT = 100_000
MAX_PARTS = 64
MAX_ITEMS = 256
MAX_METADATA = 16

_an_id = text(MAX_ID)
_words = text(MAX_TEXT)


def _data_url(value: Any, param: str) -> str:
    """A picture in the event itself: no address that a client names is ever fetched."""
    if not isinstance(value, str) or not value.startswith("data:image/") or not value.isascii():
        raise invalid(param, "expected a data:image/... address.")
    return value


def _base64(value: Any, param: str) -> str:
    if not isinstance(value, str) or not value.isascii():
        raise invalid(param, "expected base64.")
    return value


def _metadata(value: Any, param: str) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_METADATA:
        raise invalid(param, f"expected an object of at most {MAX_METADATA} strings.")
    name, word = text(64), text(512)
    return {name(key, param): word(each, f"{param}.{key}") for key, each in value.items()}


_kind = {"type": text(40)}
_input_text = record({**_kind, "text": _words}, "text")
_input_audio = record({**_kind, "audio": _base64, "transcript": nullable(_words)}, "audio")
_input_image = record(
    {**_kind, "image_url": _data_url, "detail": fields.one_of("auto", "low", "high")}, "image_url"
)
_PARTS: dict[str, dict[str, Check]] = {
    "user": {
        "input_text": _input_text,
        "input_audio": _input_audio,
        "input_image": _input_image,
    },
    "system": {"input_text": _input_text},
    "assistant": {"output_text": _input_text},
}
_common = {**_kind, "id": nullable(_an_id), "object": text(40), "status": nullable(text(40))}


def _message(value: dict[str, Any], param: str) -> dict[str, Any]:
    role = value.get("role")
    if not isinstance(role, str) or role not in _PARTS:
        raise invalid(f"{param}.role", f"expected one of {', '.join(_PARTS)}.")
    parts = listed(by_type(_PARTS[role]), MAX_PARTS)
    phase = nullable(text(40))
    checks = {**_common, "role": text(40), "content": parts, "phase": phase}
    checked: dict[str, Any] = record(checks, "content")(value, param)
    return checked


_output = record({**_common, "call_id": _an_id, "output": _words}, "call_id", "output")
_function_call = record(
    {**_common, "call_id": _an_id, "name": text(64), "arguments": _words}, "name", "arguments"
)
_ITEM = by_type(
    {
        "message": _message,
        "function_call": _function_call,
        "function_call_output": _output,
    }
)


def _item(permissions: Permissions) -> Check:
    """An item of the conversation. Who may not instruct speaks for the user alone."""

    def check(value: Any, param: str) -> dict[str, Any]:
        item: dict[str, Any] = _ITEM(value, param)
        is_users = item.get("role", "user") == "user" and item["type"] != "function_call"
        if not is_users and not permissions.may_instruct:
            raise fields.not_allowed(f"{param}.role" if "role" in item else f"{param}.type")
        return {name: each for name, each in item.items() if each is not None}

    return check


def _reference_or_item(permissions: Permissions) -> Check:
    reference = record({**_kind, "id": _an_id}, "id")
    item = _item(permissions)

    def check(value: Any, param: str) -> Any:
        is_reference = isinstance(value, dict) and value.get("type") == "item_reference"
        return (reference if is_reference else item)(value, param)

    return check


_OF_RESPONSE: dict[str, Field] = {
    "instructions": Field(fields.instructions),
    "tools": Field(fields.tools),
    "tool_choice": Field(fields.tool_choice),
    "parallel_tool_calls": Field(fields.boolean),
    "max_output_tokens": Field(fields.max_output_tokens),
    "reasoning": Field(fields.reasoning),
    "output_modalities": Field(fields.modalities, "output_modality"),
}
_OF_OUTPUT: dict[str, Field] = {
    "voice": Field(fields.voice, "voice"),
    "format": Field(fields.audio_format),
}


def _settable(table: dict[str, Field], permissions: Permissions) -> dict[str, Check]:
    """Checks that refuse what is not this client's to set, unless it is null."""

    def check_of(field: Field) -> Check:
        def check(value: Any, param: str) -> Any:
            if value is not None and not field.may_be_set(permissions):
                raise fields.not_allowed(param)
            return None if value is None else field.check(value, param)

        return check

    return {name: check_of(field) for name, field in table.items()}


def _nothing(value: Any, param: str) -> None:
    if value is not None:
        raise fields.unknown(param)


def _response(permissions: Permissions) -> Check:
    output = record(_settable(_OF_OUTPUT, permissions))
    check_fields = record(
        {
            **_settable(_OF_RESPONSE, permissions),
            "audio": nullable(record({"output": nullable(output)})),
            "conversation": fields.one_of("auto", "none"),
            "input": nullable(listed(_reference_or_item(permissions), MAX_ITEMS)),
            "metadata": nullable(_metadata),
            "prompt": _nothing,
        }
    )

    def check(value: Any, param: str) -> dict[str, Any]:
        given: dict[str, Any] = check_fields(value, param)
        return {name: each for name, each in given.items() if each is not None}

    return check


def _at_least_0(value: Any, param: str) -> Any:
    return fields.number(0, 2**31, whole=True)(value, param)


_Cleaner = Callable[[Permissions], Check]
_event = {"type": text(80), "event_id": nullable(text(MAX_EVENT_ID))}
_of_item = record({**_event, "item_id": _an_id}, "item_id")

_CLEANERS: dict[str, _Cleaner] = {
    "conversation.item.create": lambda permissions: record(
        {**_event, "item": _item(permissions), "previous_item_id": nullable(_an_id)}, "item"
    ),
    "conversation.item.delete": lambda _: _of_item,
    "conversation.item.retrieve": lambda _: _of_item,
    "conversation.item.truncate": lambda _: record(
        {
            **_event,
            "item_id": _an_id,
            "content_index": _at_least_0,
            "audio_end_ms": _at_least_0,
        },
        "item_id",
        "content_index",
        "audio_end_ms",
    ),
    "input_audio_buffer.append": lambda _: record({**_event, "audio": _base64}, "audio"),
    "input_audio_buffer.clear": lambda _: record(_event),
    "input_audio_buffer.commit": lambda _: record(_event),
    "response.cancel": lambda _: record({**_event, "response_id": nullable(_an_id)}),
    "response.create": lambda permissions: record(
        {**_event, "response": nullable(_response(permissions))}
    ),
}


class Requests:
    """The checks of one client's events."""

    def __init__(self, permissions: Permissions) -> None:
        self._checks = {kind: make(permissions) for kind, make in _CLEANERS.items()}

    def cleaned(self, event: Event) -> Event:
        """The event as it may be forwarded.

        Raises:
            Refused: a field is unknown, wrong or not this client's to set, or the type is not one
                that a client may send.
        """
        kind = event["type"]
        if kind not in self._checks:
            supported = ", ".join(sorted([*self._checks, "session.update"]))
            message = f"Invalid value: '{kind[:80]}'. Supported values are: {supported}."
            raise Refused("invalid_value", message, "type")
        given: Event = self._checks[kind](event, "")
        return {name: value for name, value in given.items() if value is not None}
