"""Whoever asks for what is somebody else's is told no more than that it is not there; that they
asked is written down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from chatbot import audit
from chatbot.addresses import address_of, address_of_socket
from chatbot.models import Conversation, Fact, Turn, User

log = logging.getLogger(__name__)

#: What can be asked for by an id, and the way to its owner; the parts before the whole.
OWNERS: dict[str, tuple[Any, str]] = {
    "turn": (Turn.objects, "conversation__user"),
    "fact": (Fact.objects, "user"),
    "conversation": (Conversation.objects, "user"),
}
REFUSALS = (401, 403, 404)
LONGEST_PATH = 200
_ALLOWED = "_is_allowed"

R = TypeVar("R", bound=HttpResponseBase)


def allowed(response: R) -> R:
    """A response that looks like a refusal, and is none: what was asked for may be had, but is
    broken."""
    setattr(response, _ALLOWED, True)
    return response


class AuditRefusals:
    """Writes down each page that was refused to whom its row does not belong."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_refusal(response) and (asked := dict(asked_for(request))):
            note(request.user, address_of(request), asked, request.path)
        return response


def is_refusal(response: HttpResponseBase) -> bool:
    """Not there, not allowed, or to be asked for again after signing in."""
    if response.status_code in REFUSALS:
        return not getattr(response, _ALLOWED, False)
    doors = (settings.LOGIN_URL, reverse("admin:login"))
    return response.status_code == 302 and urlsplit(response.headers["Location"]).path in doors


def asked_for(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """The kinds and ids that the request's address names."""
    match = request.resolver_match
    if match is None:
        return
    for kind in OWNERS:
        if f"{kind}_id" in match.kwargs:
            yield kind, str(match.kwargs[f"{kind}_id"])
        elif "object_id" in match.kwargs and str(match.url_name).startswith(f"chatbot_{kind}_"):
            yield kind, str(match.kwargs["object_id"])
    if wanted := request.GET.get("conversation"):
        yield "conversation", wanted


def note_socket(scope: Mapping[str, Any], conversation_id: str | None, user: Any = None) -> None:
    """As for a page: a socket that was refused. `user` where it is not that of a session."""
    asked = {"conversation": conversation_id} if conversation_id else {}
    note(user or scope.get("user"), address_of_socket(scope), asked, scope["path"])


def note(user: Any, address: str | None, asked: Mapping[str, str], path: str) -> None:
    """Write the first of what was asked for down that is there, and is somebody else's."""
    person = user if isinstance(user, User) else None
    try:
        for kind, key in asked.items():
            owner = _owner_of(kind, key)
            if owner is not None and owner != (person.pk if person else None):
                audit.write(
                    person,
                    audit.Action.REFUSED,
                    kind,
                    key,
                    address=address,
                    path=path[:LONGEST_PATH],
                )
                return
    except DatabaseError as error:
        log.error("a refusal is not in the audit: %s", type(error).__name__)


def _owner_of(kind: str, key: str) -> int | None:
    rows, owner = OWNERS[kind]
    try:
        found: int | None = rows.filter(pk=key).values_list(owner, flat=True).first()
    except (ValueError, ValidationError, OverflowError):
        return None
    return found
