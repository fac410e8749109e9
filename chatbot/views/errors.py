"""Pages for requests that go wrong and that need more than a template."""

from __future__ import annotations

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: most often a site whose operator has not named its address yet."""
    is_wrong_host = isinstance(exception, DisallowedHost)
    return render(request, "400.html", {"is_wrong_host": is_wrong_host}, status=400)
