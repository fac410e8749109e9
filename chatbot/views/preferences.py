"""What a user has chosen for their calls: kept for the next one, on whatever device."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chatbot import preferences, store
from chatbot.models import User
from chatbot.views.requests import done, json_of, refused, signed_in


@require_POST
@signed_in
def save(request: HttpRequest) -> HttpResponse:
    """`/preferences/`: a JSON object of any of them; null leaves one to the persona."""
    user = cast("User", request.user)
    try:
        store.save_preferences(user, preferences.checked(user, json_of(request)))
    except preferences.Unfit as unfit:
        return refused(unfit.errors)
    except ValueError:
        return refused({"__all__": _("This is not JSON.")})
    return done()
