"""What went wrong, as a sentence that says what to do. One table for the whole call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatbot.realtime.events import Event

UPSTREAM_UNAVAILABLE = 1013
NOT_SIGNED_IN = 4401
NOT_ALLOWED = 4403
NOT_FOUND = 4404
TAKEN_OVER = 4409
FRAME_TOO_LARGE = 4413
LIMIT_REACHED = 4429


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure as the user meets it. With a `close_code` the call ends, without it goes on.

    `retry_after` is in seconds; `event_id` is the browser's own, when one of its events failed.
    """

    code: str
    message: str
    close_code: int | None = None
    retry_after: float | None = None
    event_id: str | None = None

    def as_event(self) -> Event:
        """The `chat.error` that carries it."""
        event: dict[str, Any] = {
            "type": "chat.error",
            "code": self.code,
            "message": self.message,
            "fatal": self.close_code is not None,
        }
        if self.retry_after is not None:
            event["retry_after"] = self.retry_after
        if self.event_id is not None:
            event["event_id"] = self.event_id
        return event


#: Answers to our own housekeeping that lost a race; nobody needs to hear of them.
HARMLESS: frozenset[str] = frozenset(
    {
        "response_cancel_not_active",
        "input_audio_buffer_commit_empty",
        "item_truncate_invalid_item_id",
        "item_delete_invalid_item_id",
        "invalid_tool_call_id",  # the call was cut, and the service has forgotten it
        "session_expired",  # the socket closes next, and the call goes on with a new session
    }
)

#: Trying again does not help.
PERMANENT: frozenset[str] = frozenset(
    {
        "beta_api_shape_disabled",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_model",
        "missing_model",
        "upstream_misconfigured",
    }
)

_ASK_OPERATOR = "Please tell the people who run this site."

#: The service's error code -> our sentence, and the close code when the call cannot go on.
_SENTENCES: dict[str, tuple[str, int | None]] = {
    "invalid_api_key": (
        f"The voice service does not accept this site's key. {_ASK_OPERATOR}",
        UPSTREAM_UNAVAILABLE,
    ),
    "missing_model": (f"The voice service was asked for no model. {_ASK_OPERATOR}", 1013),
    "invalid_model": (
        f"The voice service does not know this persona's model. {_ASK_OPERATOR}",
        UPSTREAM_UNAVAILABLE,
    ),
    "beta_api_shape_disabled": (
        f"The voice service wants a newer protocol. {_ASK_OPERATOR}",
        UPSTREAM_UNAVAILABLE,
    ),
    "insufficient_quota": (
        f"This site's account with the voice service is used up. {_ASK_OPERATOR}",
        UPSTREAM_UNAVAILABLE,
    ),
    "rate_limit_exceeded": ("The voice service is busy. Wait a moment, then say it again.", None),
    "inference_rate_limit_exceeded": (
        "The voice service is busy. Wait a moment, then say it again.",
        None,
    ),
}
_UNKNOWN = "The voice service reported a problem. If the answer does not come, say it again."
READY = "Go ahead, speak."
RECONNECTING = "The voice service was lost for a moment. Go on speaking; nothing of it is lost."
UNREADABLE = Problem(
    "bad_upstream_event", "The voice service sent something unreadable; the call goes on."
)
EMPTY_ANSWER = Problem(
    "empty_answer", "The assistant had no answer to that. Say it again in other words."
)
ODD_FRAME = Problem("odd_audio_frame", "A sound frame must hold whole samples.")
ABUSE = Problem(
    "too_many_bad_messages",
    "This page sends what cannot be accepted. Reload it, then call again.",
    LIMIT_REACHED,
    retry_after=5,
)
LARGE_FRAME = Problem("audio_frame_too_large", "A sound frame may last one second at most.")


def from_upstream(error: dict[str, Any]) -> Problem:
    """The problem behind an upstream `error`; its own text is not shown: it may quote the key."""
    code = error.get("code") or error.get("type") or "upstream_error"
    message, close_code = _SENTENCES.get(code, (_UNKNOWN, None))
    if error.get("type") == "authentication_error":
        message, close_code = _SENTENCES["invalid_api_key"]
    return Problem(str(code), message, close_code)


def too_fast(wait_s: float, event_id: str | None = None) -> Problem:
    """The browser sends more than a person could; it may go on in `wait_s` seconds."""
    message = "That is more than can be taken at once; the call goes on. Wait a moment."
    return Problem("rate_limited", message, retry_after=round(wait_s, 1), event_id=event_id)


def refused_session(error: dict[str, Any]) -> Problem:
    """The problem of a session that could not begin: it always ends the call."""
    problem = from_upstream(error)
    if problem.close_code is not None:
        return problem
    message = f"The voice service refused this call's settings ({problem.code}). {_ASK_OPERATOR}"
    return Problem(problem.code, message, UPSTREAM_UNAVAILABLE)


def failed_response(response: dict[str, Any]) -> Problem | None:
    """The problem of a `response.done`, if it failed or came to nothing."""
    details = response.get("status_details") or {}
    if response.get("status") == "completed" and response.get("output") == []:
        return EMPTY_ANSWER
    if response.get("status") != "failed":
        return None
    return from_upstream(details.get("error") or {"code": "response_failed"})
