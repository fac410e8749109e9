"""What a client may change of its session, and what it may see of it. Used by both sockets."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.realtime import fields
from chatbot.realtime.fields import Check, Refused, invalid, missing, not_allowed, unknown

Session = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Permissions:
    """`settings` are names of `USER_SETTINGS` that the persona leaves to the caller;
    `may_instruct` (API clients only) adds all that makes up an assistant."""

    settings: frozenset[str] = frozenset()
    may_instruct: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """Who may set a field (a name of `USER_SETTINGS`, or None: who may instruct), and to what."""

    check: Check
    setting: str | None = None

    def may_be_set(self, permissions: Permissions) -> bool:
        """Whether it is this client's to set."""
        if self.setting is None:
            return permissions.may_instruct
        return self.setting in permissions.settings


_INPUT, _OUTPUT = "audio.input", "audio.output"
_TRANSCRIPTION = f"{_INPUT}.transcription"
_TURN_DETECTION = f"{_INPUT}.turn_detection"
_VOICE = f"{_OUTPUT}.voice"

_FIELDS: dict[str, Field] = {
    "output_modalities": Field(fields.modalities, "output_modality"),
    _TURN_DETECTION: Field(fields.turn_detection, "turn_detection"),
    f"{_TRANSCRIPTION}.language": Field(fields.language, "language"),
    _VOICE: Field(fields.voice, "voice"),
    f"{_OUTPUT}.speed": Field(fields.speed, "speed"),
    "instructions": Field(fields.instructions),
    "tools": Field(fields.tools),
    "tool_choice": Field(fields.tool_choice),
    "parallel_tool_calls": Field(fields.boolean),
    "max_output_tokens": Field(fields.max_output_tokens),
    "truncation": Field(fields.truncation),
    "reasoning": Field(fields.reasoning),
    "include": Field(fields.include),
    f"{_INPUT}.format": Field(fields.audio_format),
    f"{_INPUT}.noise_reduction": Field(fields.noise_reduction),
    f"{_TRANSCRIPTION}.model": Field(fields.text(80)),
    f"{_TRANSCRIPTION}.prompt": Field(fields.text(4_000)),
    f"{_TRANSCRIPTION}.languages": Field(fields.listed(fields.language, 20)),
    f"{_TRANSCRIPTION}.keywords": Field(fields.listed(fields.text(200), 200)),
    f"{_TRANSCRIPTION}.delay": Field(fields.text(20)),
    f"{_OUTPUT}.format": Field(fields.audio_format),
}

#: Objects that hold fields.
_GROUPS = frozenset({"audio", _INPUT, _OUTPUT, _TRANSCRIPTION})

#: Stock clients send these always. Whatever they hold, it is not forwarded: the model is chosen
#: when the socket opens, tracing is the operator's, the rest is the service's own.
_IGNORED = frozenset({"type", "model", "tracing", "id", "object", "expires_at", "client_secret"})

#: Replaced as a whole; all other objects of a session are merged.
_WHOLE = frozenset({"turn_detection", "format", "noise_reduction", "truncation", "tool_choice"})

#: With server-side turn detection our page counts on being answered.
_ANSWERING = frozenset({"create_response"})


def permitted(
    session: Any,
    permissions: Permissions,
    *,
    assistant_has_spoken: bool,
    current: Mapping[str, Any] | None = None,
    is_page: bool = False,
) -> Session:
    """The partial session that may be forwarded, with `type`; whole or not at all.

    `current` is the session as it is. Stock clients send all their settings each time, so what
    the client may not set is dropped, and not refused, when it is empty or as it is already. With
    `is_page` nothing is dropped: our page knows what it may set.

    Raises:
        Refused: a field is unknown, wrong, or not this client's to set.
    """
    _check_type(session)
    allowed: Session = {"type": "realtime"}
    ignored = frozenset({"type"}) if is_page else _IGNORED
    present = dict(_leaves(current or {}, "", ignored))
    for path, value in _leaves(session, "", ignored):
        param = f"session.{path}"
        field = _FIELDS.get(path)
        if field is None:
            if path == "prompt" and not value and not is_page:
                continue
            if path in _IGNORED:
                raise not_allowed(param)
            raise unknown(param[: fields.MAX_NAME])
        if not field.may_be_set(permissions):
            if is_page:
                raise not_allowed(param)
            if _says_nothing(path, value) or (path in present and present[path] == value):
                continue
            raise not_allowed(param)
        value = field.check(value, param)
        if path == _VOICE and value == present.get(_VOICE):
            continue
        if path == _VOICE and assistant_has_spoken:
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise Refused("cannot_update_voice", message, param)
        if path == _TURN_DETECTION and not permissions.may_instruct:
            _check_answering(value, param)
        _put(allowed, path, value)
    return allowed


def merged(session: Mapping[str, Any], changes: Mapping[str, Any]) -> Session:
    """A new session with the changes in it; what they do not name keeps its value."""
    result = copy.deepcopy(dict(session))
    for key, value in changes.items():
        before = result.get(key)
        if isinstance(value, dict) and isinstance(before, dict) and key not in _WHOLE:
            result[key] = merged(before, value)
        else:
            result[key] = copy.deepcopy(value)
    return result


#: The persona's own words and tools, by path; what a session shows of them is the client's.
_HIDDEN = ("instructions", "tools", f"{_TRANSCRIPTION}.prompt", f"{_TRANSCRIPTION}.keywords")


def scrubbed_session(session: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> Session:
    """A session as a client may see it: without the persona's instructions, tools and prompts.

    `own` is what the client itself has set; of the hidden fields it is shown those.
    """
    shown: Session = copy.deepcopy(dict(session))
    shown.pop("client_secret", None)
    if "prompt" in shown:
        shown["prompt"] = None
    for path in _HIDDEN:
        *groups, name = path.split(".")
        holder: Any = shown
        holder_of_own: Any = own
        for group in groups:
            holder = holder.get(group) if isinstance(holder, dict) else None
            holder_of_own = holder_of_own.get(group) if isinstance(holder_of_own, dict) else None
        if isinstance(holder, dict):
            holder.pop(name, None)
            if isinstance(holder_of_own, dict) and name in holder_of_own:
                holder[name] = copy.deepcopy(holder_of_own[name])
    return shown


def _check_type(session: Any) -> None:
    if session is None:
        raise missing("session")
    if not isinstance(session, dict):
        raise invalid("session", "expected an object.")
    kind = session.get("type")
    if kind is None:
        raise missing("session.type")
    if kind == "transcription":
        message = (
            "Passing a transcription session update event to a realtime session is not allowed."
        )
        raise Refused("invalid_value", message, "session.type")
    if kind != "realtime":
        raise invalid("session.type", "expected realtime.")


def _leaves(
    group: Mapping[str, Any], prefix: str, ignored: frozenset[str]
) -> Iterator[tuple[str, Any]]:
    """Every field that the client names, with its path; a group that is null says nothing."""
    for key, value in group.items():
        path = f"{prefix}{key}"
        if path in _GROUPS:
            if isinstance(value, dict):
                yield from _leaves(value, f"{path}.", ignored)
            elif value is not None:
                raise invalid(f"session.{path}", "expected an object.")
        elif path not in ignored:
            yield path, value


def _says_nothing(path: str, value: Any) -> bool:
    if path.endswith(".format"):
        return bool(value == fields.PCM)
    return value in ("", [], None) and path != _TURN_DETECTION


def _check_answering(detection: Session | None, param: str) -> None:
    for name in _ANSWERING & (detection or {}).keys():
        if not (detection or {})[name]:
            raise Refused(
                "setting_not_allowed", f"'{param}.{name}' must be true here.", f"{param}.{name}"
            )


def _put(session: Session, path: str, value: Any) -> None:
    *groups, name = path.split(".")
    for group in groups:
        session = session.setdefault(group, {})
    session[name] = value
