"""From where somebody came: the server's word, and a proxy's only where there is one."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from chatbot.addresses import address_of, address_of_socket

PROXY = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("peer", "forwarded", "is_proxied", "address"),
    [
        ("192.0.2.7", "", False, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", False, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", True, "198.51.100.1"),
        ("192.0.2.7", "203.0.113.9, 198.51.100.1", True, "198.51.100.1"),
        ("192.0.2.7", "198.51.100.1:4711", True, "198.51.100.1"),
        ("192.0.2.7", "[2001:db8::1]:4711", True, "2001:db8::1"),
        ("192.0.2.7", "what ever", True, "192.0.2.7"),
        ("fe80::1%eth0", "", False, "fe80::1"),
        ("", "", False, None),
        ("", "", True, None),
    ],
)
def test_whose_address_is_audited(
    peer: str, forwarded: str, is_proxied: bool, address: str | None, settings: Settings
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = PROXY if is_proxied else None
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(REMOTE_ADDR=peer).get("/", headers=headers)
    assert address_of(request) == address
    raw = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert address_of_socket({"headers": raw, "client": [peer, 1] if peer else None}) == address
