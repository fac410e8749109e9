"""What a user has chosen for their calls: kept for the next one, on whatever device."""

from __future__ import annotations

from typing import cast

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chatbot import control, preferences, store
from chatbot.access import live_calls_of
from chatbot.models import User
from chatbot.views.requests import done, json_of, refused, signed_in


@require_POST
@signed_in
def save(request: HttpRequest) -> HttpResponse:
    """`/preferences/`: a JSON object of any of them; null leaves one to the persona."""
    user = cast("User", request.user)
    try:
        changes = preferences.checked(user, json_of(request))
    except preferences.Unfit as unfit:
        return refused(unfit.errors)
    except ValueError:
        return refused({"__all__": _("This is not JSON.")})
    if preferences.RECORDING in changes:
        agree(user, changes.pop(preferences.RECORDING))
    if changes:
        store.save_preferences(user, changes)
    return done()


def agree(user: User, agrees: bool) -> None:
    """Have the user's calls recorded, or not any more, those that run now as well."""
    store.agree_to_recording(user, agrees)
    for call in live_calls_of(user):
        async_to_sync(control.order_look_at_recording)(call.pk, agrees=agrees)
