"""How django-allauth treats accounts here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is open as the operator chose with `SIGNUP_OPEN`."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP_OPEN)


def signup(request: HttpRequest) -> dict[str, bool]:
    """Tells every template whether to offer a new account."""
    return {"signup_is_open": bool(settings.SIGNUP_OPEN)}
