"""What went wrong, as a sentence that says what to do. One table for the whole call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatbot.realtime.events import Event
from chatbot.realtime.sentences import N_, Arguments, Translate, filled, in_english

WORKER_RESTARTS = 1012
UPSTREAM_UNAVAILABLE = 1013
NOT_SIGNED_IN = 4401
NOT_ALLOWED = 4403
NOT_FOUND = 4404
TAKEN_OVER = 4409
ENDED_BY_STAFF = 4410
FRAME_TOO_LARGE = 4413
LIMIT_REACHED = 4429


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure as the user meets it. With a `close_code` the call ends, without it goes on.

    `template` is an English sentence, marked with `N_`, which `arguments` fill; `retry_after` is
    in seconds; `event_id` is the browser's own, when one of its events failed.
    """

    code: str
    template: str
    close_code: int | None = None
    retry_after: float | None = None
    event_id: str | None = None
    arguments: Arguments | None = None

    @property
    def message(self) -> str:
        """The sentence in English."""
        return filled(self.template, self.arguments)

    def as_event(self, translate: Translate = in_english) -> Event:
        """The `chat.error` that carries it."""
        event: dict[str, Any] = {
            "type": "chat.error",
            "code": self.code,
            "message": filled(translate(self.template), self.arguments),
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

_BUSY = N_("The voice service is busy. Wait a moment, then say it again.")

#: The service's error code -> our sentence, and the close code when the call cannot go on.
_SENTENCES: dict[str, tuple[str, int | None]] = {
    "invalid_api_key": (
        N_(
            "The voice service does not accept this site's key. "
            "Please tell the people who run this site."
        ),
        UPSTREAM_UNAVAILABLE,
    ),
    "missing_model": (
        N_("The voice service was asked for no model. Please tell the people who run this site."),
        UPSTREAM_UNAVAILABLE,
    ),
    "invalid_model": (
        N_(
            "The voice service does not know this persona's model. "
            "Please tell the people who run this site."
        ),
        UPSTREAM_UNAVAILABLE,
    ),
    "beta_api_shape_disabled": (
        N_("The voice service wants a newer protocol. Please tell the people who run this site."),
        UPSTREAM_UNAVAILABLE,
    ),
    "insufficient_quota": (
        N_(
            "This site's account with the voice service is used up. "
            "Please tell the people who run this site."
        ),
        UPSTREAM_UNAVAILABLE,
    ),
    "rate_limit_exceeded": (_BUSY, None),
    "inference_rate_limit_exceeded": (_BUSY, None),
}
_UNKNOWN = N_("The voice service reported a problem. If the answer does not come, say it again.")
READY = N_("Go ahead, speak.")
SLOW = N_("The voice service is slow to answer; still trying.")
LOADING = N_("The voice engine is loading; your call starts when it is ready.")
LOADING_AGAIN = N_("The voice engine is loading; your call goes on when it is ready.")
RECONNECTING = N_(
    "The voice service was lost for a moment. Go on speaking; 15 seconds of it are kept."
)
LETTING_GO = N_(
    "The voice service is still away. Of what you say, only the last 15 seconds are kept; "
    "what you type is kept."
)
RESTARTING = Problem(
    "worker_restarting",
    N_("The server is restarting. Call again now; the conversation is kept."),
    WORKER_RESTARTS,
    retry_after=0,
)
UNREADABLE = Problem(
    "bad_upstream_event", N_("The voice service sent something unreadable; the call goes on.")
)
EMPTY_ANSWER = Problem(
    "empty_answer", N_("The assistant had no answer to that. Say it again in other words.")
)
ABUSE = Problem(
    "too_many_bad_messages",
    N_("This page sends what cannot be accepted. Reload it, then call again."),
    LIMIT_REACHED,
    retry_after=5,
)


def from_upstream(error: dict[str, Any]) -> Problem:
    """The problem behind an upstream `error`; its own text is not shown: it may quote the key."""
    code = error.get("code") or error.get("type") or "upstream_error"
    message, close_code = _SENTENCES.get(code, (_UNKNOWN, None))
    if error.get("type") == "authentication_error":
        message, close_code = _SENTENCES["invalid_api_key"]
    return Problem(str(code), message, close_code)


def too_fast(wait_s: float, event_id: str | None = None) -> Problem:
    """The browser sends more than a person could; it may go on in `wait_s` seconds."""
    message = N_("That is more than can be taken at once; the call goes on. Wait a moment.")
    return Problem("rate_limited", message, retry_after=round(wait_s, 1), event_id=event_id)


def incomplete(kind: str, event_id: str | None) -> Problem:
    """An event of the browser's that cannot be read."""
    return Problem(
        "invalid_event",
        N_("The event %(type)s is not well formed."),
        event_id=event_id,
        arguments={"type": kind[:80]},
    )


def not_for_browsers(kind: str, event_id: str | None) -> Problem:
    """An event that no browser may send."""
    return Problem(
        "event_not_allowed",
        N_("The event %(type)s cannot be sent in this call."),
        event_id=event_id,
        arguments={"type": kind[:80]},
    )


def refused_session(error: dict[str, Any]) -> Problem:
    """The problem of a session that could not begin: it always ends the call."""
    problem = from_upstream(error)
    if problem.close_code is not None:
        return problem
    return Problem(
        problem.code,
        N_(
            "The voice service refused this call's settings (%(code)s). "
            "Please tell the people who run this site."
        ),
        UPSTREAM_UNAVAILABLE,
        arguments={"code": problem.code},
    )


def failed_response(response: dict[str, Any]) -> Problem | None:
    """The problem of a `response.done`, if it failed or came to nothing."""
    details = response.get("status_details") or {}
    if response.get("status") == "completed" and response.get("output") == []:
        return EMPTY_ANSWER
    if response.get("status") != "failed":
        return None
    return from_upstream(details.get("error") or {"code": "response_failed"})
