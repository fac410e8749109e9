"""In which language a person reads our pages, and our sentences in a call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation

from chatbot.models import User
from chatbot.realtime.sentences import Translate

LOCALE = Path(__file__).parent / "locale"


class UserLanguage:
    """What a person has chosen for their account goes before what their browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if chosen := chosen_by(request.user):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        return self.get_response(request)


def chosen_by(user: Any) -> str:
    """The language that the user has chosen for their account, or "" without one."""
    chosen = cast("User", user).interface_language if user.is_authenticated else ""
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def language_of(scope: Mapping[str, Any]) -> str:
    """The language of whoever opens a socket, found as for a page."""
    if chosen := chosen_by(scope["user"]):
        return chosen
    request = HttpRequest()
    request.COOKIES = scope.get("cookies", {})
    headers = dict(scope["headers"])
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    return translation.get_language_from_request(request)


def translator(language: str) -> Translate:
    """Puts sentences of ours into that language, wherever it is called."""

    def translate(sentence: str) -> str:
        with translation.override(language):
            return translation.gettext(sentence)

    return translate


def interface(request: HttpRequest) -> dict[str, Any]:
    """For templates: the languages there are, and where the scripts' sentences are, if in any
    but the English that they are written in."""
    return {"interface_languages": settings.LANGUAGES, "catalogue_url": catalogue_url()}


def catalogue_url() -> str:
    """The scripts' sentences in the language of this request: an address that changes with them,
    so that a browser may keep them; "" for English."""
    language = translation.get_language()
    if language == settings.LANGUAGE_CODE:
        return ""
    query = {"language": language, "version": catalogue_version(language)}
    return f"{reverse('catalogue')}?{urlencode(query)}"


@cache
def catalogue_version(language: str) -> str:
    """Differs as soon as the sentences do."""
    compiled = LOCALE / translation.to_locale(language) / "LC_MESSAGES" / "djangojs.mo"
    return hashlib.sha256(compiled.read_bytes()).hexdigest()[:12] if compiled.exists() else ""
