"""How a page's scripts and its plain forms ask for a change, and how each is answered.

A script sends JSON or a form and gets 204, or 400 with a sentence for each field; a form that a
browser sends by itself is answered with a page. `Accept` tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

View = Callable[..., HttpResponseBase]


def wants_page(request: HttpRequest) -> bool:
    """A browser that follows a form wants a page; `fetch` takes anything."""
    return "text/html" in request.headers.get("Accept", "")


def signed_in(view: View) -> View:
    """As `login_required`, but a script is told with 401, not sent to a page."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if wants_page(request):
            return redirect_to_login(resolve_url("history"))
        return refused({"__all__": _("You are not signed in. Sign in, then try again.")}, 401)

    return checked


def json_of(request: HttpRequest) -> Any:
    """The JSON that the request brings.

    Raises:
        ValueError: it is none.
    """
    try:
        return json.loads(request.body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def body_of(request: HttpRequest) -> Any:
    """The JSON that the request brings, or the fields of its form.

    Raises:
        ValueError: it says that it is JSON, and is not.
    """
    return json_of(request) if request.content_type == "application/json" else request.POST.dict()


def done() -> HttpResponse:
    """It was done, and a script needs to know no more."""
    return HttpResponse(status=204)


def refused(errors: dict[str, str], status: int = 400) -> HttpResponse:
    """It was not done; a sentence for each field, or for "__all__" of it."""
    return JsonResponse(errors, status=status)


def next_page(request: HttpRequest, otherwise: str) -> str:
    """Where a form wants its browser to be sent, if that is a page of ours."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if is_ours else resolve_url(otherwise)
