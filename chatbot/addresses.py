"""From which address somebody came, for the audit."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """Whose request it is; None where the server does not know."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return _address(request.META.get("REMOTE_ADDR"), forwarded)


def address_of_socket(scope: Mapping[str, Any]) -> str | None:
    """The same, of a WebSocket."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    peer, _port = scope.get("client") or (None, None)
    return _address(peer, headers.get(b"x-forwarded-for", ""))


def _address(peer: str | None, forwarded: str) -> str | None:
    """Behind a proxy (HTTPS) the last address of X-Forwarded-For, which the proxy itself has
    added: those before it may be anything."""
    last = forwarded.rpartition(",")[2].strip() if settings.SECURE_PROXY_SSL_HEADER else ""
    return _plain(last) or _plain(peer or "")


def _plain(text: str) -> str | None:
    """An address without a port, brackets or an interface; None where it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None
