"""What a user does with their conversations: rename, delete, have back."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chatbot import control, store
from chatbot.access import conversation_for, deleted_conversation_for
from chatbot.forms import TitleForm
from chatbot.models import Conversation, User
from chatbot.views.requests import body_of, done, next_page, refused, signed_in, wants_page


@require_POST
@signed_in
def rename(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """`/history/<id>/rename`: give it the name `title`."""
    conversation = own(request, conversation_id)
    try:
        form = TitleForm.read(body_of(request))
    except ValueError:
        return refused({"title": _("This is not JSON.")})
    if form.is_valid():
        store.rename_conversation(conversation, form.cleaned_data["title"])
        return redirect(next_page(request, "history")) if wants_page(request) else done()
    sentence = str(form.errors["title"][0])
    if not wants_page(request):
        return refused({"title": sentence})
    messages.error(request, sentence)
    return redirect(next_page(request, "history"))


@require_POST
@signed_in
def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """`/history/<id>/delete`: hide it, and end a call that runs in it."""
    conversation = own(request, conversation_id)
    for call_id in store.delete_conversation(conversation):
        async_to_sync(control.order_end_of_deleted)(call_id)
    told = control.conversation_deleted(conversation_id)
    async_to_sync(control.show_caption)(conversation.user_id, conversation_id, told)
    if wants_page(request):
        return redirect(f"{reverse('history')}?deleted={conversation_id}")
    return done()


@require_POST
@signed_in
def restore(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """`/history/<id>/restore`: have it back, within 30 days."""
    try:
        conversation = deleted_conversation_for(cast("User", request.user), conversation_id)
    except Conversation.DoesNotExist:
        raise Http404 from None
    store.restore_conversation(conversation)
    if wants_page(request):
        messages.success(request, _("The conversation is back."))
        return redirect(next_page(request, "history"))
    return done()


def own(request: HttpRequest, conversation_id: UUID) -> Conversation:
    """The user's conversation, or the same 404 for nobody's and somebody else's."""
    try:
        return conversation_for(cast("User", request.user), conversation_id)
    except Conversation.DoesNotExist:
        raise Http404 from None
