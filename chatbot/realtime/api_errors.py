"""`error` events as OpenAI words them, for clients of `/v1/realtime`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chatbot.realtime.events import Event
from chatbot.realtime.fields import Refused
from chatbot.realtime.problems import LIMIT_REACHED, NOT_SIGNED_IN, Problem

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"
RATE_LIMIT = "rate_limit_error"

#: The service's own close code for a key that is not in force.
BAD_TOKEN = 3000

#: What a key looks like when a message quotes it, whole or with its middle left out.
_KEY = re.compile(r"\b(?:sk|ek)[-_][\w*.…-]*[\w*]")


def error_event(
    code: str | None,
    message: str,
    *,
    kind: str = INVALID_REQUEST,
    param: str | None = None,
    event_id: str | None = None,
) -> Event:
    """An `error`; `event_id` is the client's, of the event that it is about."""
    error = {"type": kind, "code": code, "message": message, "param": param, "event_id": event_id}
    return {"type": "error", "error": error}


def of_refusal(refused: Refused, event_id: str | None) -> Event:
    """The `error` for an event of the client's that is not forwarded."""
    return error_event(refused.code, refused.message, param=refused.param, event_id=event_id)


def kind_of(problem: Problem) -> str:
    """The service's type for a problem of ours."""
    if problem.close_code in (BAD_TOKEN, NOT_SIGNED_IN):
        return INVALID_REQUEST
    return RATE_LIMIT if problem.close_code == LIMIT_REACHED else SERVER_ERROR


def of_problem(problem: Problem) -> Event:
    """The `error` for a problem of ours or of the upstream's."""
    return error_event(
        problem.code, problem.message, kind=kind_of(problem), event_id=problem.event_id
    )


def redacted(error: Mapping[str, Any], event_id: str | None) -> dict[str, Any]:
    """An upstream's error as a client may read it: no key is quoted in it."""
    message = error.get("message")
    return {
        "type": str(error.get("type") or SERVER_ERROR),
        "code": error.get("code"),
        "message": _KEY.sub("[key]", message) if isinstance(message, str) else "",
        "param": error.get("param"),
        "event_id": event_id,
    }


def without_keys(event: Event) -> Event:
    """A `response.done` as a client may read it; only a failed one quotes an error."""
    response = event["response"]
    details = response.get("status_details")
    if not isinstance(details, dict) or not isinstance(details.get("error"), dict):
        return event
    error = {**details["error"], "message": redacted(details["error"], None)["message"]}
    return {**event, "response": {**response, "status_details": {**details, "error": error}}}
