"""Who may open a socket, and what a call begins with: refusals as problems with a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.http import is_same_domain

from chatbot import store
from chatbot.models import ApiToken, Call, Conversation, Persona, Turn, User
from chatbot.preferences import used
from chatbot.realtime.events import Event
from chatbot.realtime.problems import (
    LIMIT_REACHED,
    NOT_ALLOWED,
    NOT_FOUND,
    NOT_SIGNED_IN,
    Problem,
)
from chatbot.realtime.sentences import N_
from chatbot.realtime.session import SessionSettings

_FOREIGN = N_("This page may not open a call here. Open the site at its own address and try again.")
_ANONYMOUS = N_("You are not signed in. Sign in, then call again.")
_NO_CONVERSATION = N_(
    "There is no such conversation of yours. Start a new one, or pick one in History."
)
_TOO_MANY = N_(
    "You have %(limit)s calls running already, as many as allowed. "
    "End one of them, then call again."
)
_NO_PERSONA = N_("There is no such persona. Start a new conversation to use the usual one.")


NOBODY = Problem("not_signed_in", _ANONYMOUS, NOT_SIGNED_IN)


class Refused(Exception):
    """The socket is not for this peer; the problem has a close code."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def signed_in_user(scope: Mapping[str, Any]) -> User:
    """The user of the session cookie, asked from a page of ours.

    Raises:
        Refused: foreign or missing Origin (4403), or nobody is signed in (4401).
    """
    if not is_own_origin(scope["headers"]):
        raise Refused(Problem("origin_not_allowed", _FOREIGN, NOT_ALLOWED))
    user = scope["user"]
    if not (user.is_authenticated and user.is_active):
        raise Refused(NOBODY)
    return cast("User", user)


def is_own_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the page that opens the socket is ours: same host as asked for, or trusted."""
    named = {name.lower(): value.decode("latin-1") for name, value in headers}
    origin, host = named.get(b"origin", ""), named.get(b"host", "")
    parts = urlsplit(origin)
    if any(is_trusted(parts, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS):
        return True
    hostname = (urlsplit(f"//{host}").hostname or "").lower()
    hostname = f"[{hostname}]" if ":" in hostname else hostname
    return (
        parts.scheme in ("http", "https")
        and parts.netloc.lower() == host.lower()
        and validate_host(hostname, settings.ALLOWED_HOSTS)
    )


def is_trusted(origin: SplitResult, trusted: str) -> bool:
    """As Django reads `CSRF_TRUSTED_ORIGINS`: the same scheme, and `*.` for any sub-domain."""
    wanted = urlsplit(trusted)
    pattern = wanted.netloc.removeprefix("*")
    return origin.scheme == wanted.scheme and is_same_domain(origin.netloc.lower(), pattern)


def open_for(
    user: User,
    conversation_id: str | None,
    persona_slug: str | None,
    kind: str = Call.Kind.PAGE,
    token: ApiToken | None = None,
) -> store.OpenedCall:
    """Open the call, or say why not.

    Raises:
        Refused: 4404 nothing there for this user, 4429 too many calls at once.
    """
    try:
        return store.open_call(
            user,
            conversation_id=conversation_id,
            persona_slug=persona_slug,
            limit=settings.MAX_CALLS_PER_USER,
            kind=kind,
            token=token,
        )
    except Conversation.DoesNotExist:
        problem = Problem("conversation_not_found", _NO_CONVERSATION, NOT_FOUND)
    except Persona.DoesNotExist:
        problem = Problem("persona_not_found", _NO_PERSONA, NOT_FOUND)
    except store.LimitReached as reached:
        limit = {"limit": reached.limit}
        problem = Problem("too_many_calls", _TOO_MANY, LIMIT_REACHED, 30, arguments=limit)
    raise Refused(problem)


def started_event(call: Call, turns: Iterable[Turn], session: SessionSettings) -> Event:
    """`chat.call.started`: what the page needs to show the conversation so far, and what the call
    begins with."""
    conversation = call.conversation
    persona = {"slug": conversation.persona.slug, "name": conversation.persona.shown_name}
    return {
        "type": "chat.call.started",
        "call_id": str(call.pk),
        "conversation": {"id": str(conversation.pk), "title": conversation.title},
        "persona": {**persona, **used(session)},
        "turns": [turn.as_json() for turn in turns],
    }
