"""A conversation's running call, for staff: its captions beside the transcript, and its end."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from chatbot import control, ending
from chatbot.access import any_conversation, live_calls_in
from chatbot.addresses import address_of
from chatbot.models import Conversation, User
from chatbot.rights import Right, may

SOCKET = "/ws/review/"


class EndingForm(forms.Form):
    """What the user of a call reads when staff end it; nothing is the usual sentence."""

    message = forms.CharField(
        max_length=ending.MAX_MESSAGE,
        required=False,
        error_messages={
            "max_length": gettext_lazy(
                "What the user reads has at most %(limit_value)d characters; this has "
                "%(show_value)d. The call goes on."
            )
        },
    )

    def clean_message(self) -> str:
        return " ".join(self.cleaned_data["message"].split())


def context_of(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """`live` of `live.html`. Who may not read is told that a call runs, and no word of it."""
    live = live_calls_in(conversation.user, str(conversation.pk))
    return {
        "is_live": live.exists(),
        "path": SOCKET if may(_staff(request), Right.READ) else "",
        "may_end": may(_staff(request), Right.END_CALL),
        "usual_sentence": ending.usual_sentence(),
        "max_message": ending.MAX_MESSAGE,
    }


@require_POST
def end_call(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """`/admin/chatbot/conversation/<id>/end-call/`: end what runs in it, with `message`."""
    if not may(_staff(request), Right.END_CALL):
        raise PermissionDenied
    try:
        conversation = any_conversation(conversation_id)
    except Conversation.DoesNotExist:
        raise Http404 from None
    form = EndingForm(request.POST)
    if form.is_valid():
        message = form.cleaned_data["message"]
        ended = ending.end_calls(conversation, message, _staff(request), address_of(request))
        for call_id, problem in ended.items():
            async_to_sync(control.order_end_by_staff)(call_id, problem)
        if ended:
            messages.success(request, _("The call was ended, and its user told why."))
        else:
            messages.warning(request, _("No call runs in this conversation any more."))
    else:
        messages.error(request, str(form.errors["message"][0]))
    return redirect("admin:chatbot_conversation_change", conversation_id)


def _staff(request: HttpRequest) -> User:
    return cast("User", request.user)
