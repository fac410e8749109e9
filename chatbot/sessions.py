"""What a page has opened lasts no longer than the session it was opened with."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest

from chatbot import control
from chatbot.models import User


def is_in_force(session_key: str) -> bool:
    """Whether somebody is signed in with this session still."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    return SESSION_KEY in store(session_key).load()


def end_all_of(user: User) -> None:
    """Sign a user out everywhere, and end what is open there. Sessions do not know their users, so
    all are looked at."""
    keys = [
        session.session_key
        for session in Session.objects.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=keys).delete()
    for key in keys:
        async_to_sync(control.order_end_of_session)(key)


@receiver(user_logged_out)
def end_what_is_open(request: HttpRequest, **facts: Any) -> None:
    """The other tabs of a browser that signs out neither listen nor show captions any longer."""
    if key := request.session.session_key:
        async_to_sync(control.order_end_of_session)(key)
