"""A user's own data: to download all of it, or to delete it with the account."""

from __future__ import annotations

from typing import cast

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chatbot import erasing
from chatbot.access import kept_conversations_of, recordings_of
from chatbot.addresses import address_of
from chatbot.forms import DeleteAccountForm
from chatbot.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def data(request: HttpRequest) -> HttpResponseBase:
    """`/account/data/`: what is kept of oneself. A form that is sent deletes the account."""
    user = cast("User", request.user)
    if request.method != "POST":
        return shown(request, DeleteAccountForm(user), 200)
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        too_often: HttpResponseBase = ratelimit.respond_429(request)
        return too_often
    form = DeleteAccountForm(user, request.POST)
    if not form.is_valid():
        return shown(request, form, 400)
    erased = erasing.erase_user(user, address=address_of(request))
    logout(request)
    messages.success(request, _("Your account is deleted, with all that you said."))
    if erased.held:
        messages.info(
            request, _("What the people who run this site must keep is kept without your name.")
        )
    return redirect("account_login")


def shown(request: HttpRequest, form: DeleteAccountForm, status: int) -> HttpResponse:
    """The page, with what the form has to say."""
    user = cast("User", request.user)
    context = {
        "form": form,
        "conversation_count": kept_conversations_of(user).count(),
        "recording_count": recordings_of(user).count(),
        "audit_days": settings.AUDIT_KEPT_DAYS,
    }
    return render(request, "data.html", context, status=status)
