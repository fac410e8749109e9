"""Every event the engine sends, held against the `openai` SDK's own types."""

from __future__ import annotations

from typing import Any, get_args

from openai.types.realtime import RealtimeServerEvent
from pydantic import BaseModel

#: The service itself sends more of a session than its type has.
UNTYPED = {"session": {"id", "object", "expires_at"}}


def _classes() -> dict[str, type[BaseModel]]:
    union = get_args(RealtimeServerEvent)[0]
    return {get_args(one.model_fields["type"].annotation)[0]: one for one in get_args(union)}


CLASSES = _classes()


def check(event: dict[str, Any]) -> None:
    """Fail unless the event is exactly of its type, with no field that the type lacks."""
    assert event["event_id"]
    parsed = CLASSES[event["type"]].model_validate(event, strict=True)
    _check_no_extra(parsed, event["type"])


def _check_no_extra(model: BaseModel, path: str) -> None:
    extra = set(model.model_extra or {}) - UNTYPED.get(path.rpartition(".")[2], set())
    assert not extra, f"{path} has fields unknown to the SDK: {sorted(extra)}"
    for name in model.model_fields_set:
        values = getattr(model, name, None)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, BaseModel):
                _check_no_extra(value, f"{path}.{name}")
