"""Choosing the language of the pages, and the sentences of their scripts in it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views import i18n
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST

from chatbot import store
from chatbot.languages import catalogue_version

KEPT_S = 365 * 24 * 3600


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """`/i18n/setlang/`: `language` for this browser, and for the account of who is signed in."""
    language = request.POST.get(i18n.LANGUAGE_QUERY_PARAMETER)
    if language in dict(settings.LANGUAGES) and request.user.is_authenticated:
        store.save_language(request.user, language)
    return i18n.set_language(request)


@method_decorator(gzip_page, "dispatch")
class Catalogue(i18n.JavaScriptCatalog):
    """`/jsi18n/`: Django's `gettext` for scripts, with our own sentences alone.

    With the `version` of these very sentences a browser may keep them.
    """

    packages = ["chatbot"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = request.GET.get("language", "")
        if language not in dict(settings.LANGUAGES):
            language = translation.get_language() or settings.LANGUAGE_CODE
        with translation.override(language):
            answer = super().get(request, *args, **kwargs)
        is_this = request.GET.get("version") == catalogue_version(language)
        answer["Cache-Control"] = f"private, max-age={KEPT_S}, immutable" if is_this else "no-cache"
        return answer
