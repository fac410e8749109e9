"""The pages of a user: the chat, one's history, one conversation."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatbot import exports, search, store
from chatbot.access import (
    DELETED_KEPT,
    conversation_for,
    deleted_conversation_for,
    deleted_conversations_of,
    persona_for,
    spoken_conversations_of,
    with_length,
)
from chatbot.history import HistoryForm
from chatbot.models import Conversation, Persona, User
from chatbot.preferences import choices_for
from chatbot.realtime.policy import MAX_TYPED_TEXT
from chatbot.recording import rescue_soon

RECENT = 20
PAGE_LENGTH = 20


@require_safe
@never_cache
@login_required
def chat(request: HttpRequest) -> HttpResponse:
    """`/`: talk. `?conversation=<id>` goes on with one of one's own, `?persona=<slug>` begins one
    with that persona."""
    user = cast("User", request.user)
    conversation = None
    if wanted := request.GET.get("conversation"):
        conversation = own_conversation(user, wanted)
    persona = conversation.persona if conversation else own_persona(user, request)
    return render(
        request,
        "chat.html",
        {
            "conversation": conversation,
            "persona": persona,
            "choices": choices_for(user, persona),
            "turns": [turn.as_json() for turn in conversation.turns.all()] if conversation else [],
            "recent": spoken_conversations_of(user)[:RECENT],
            "call_path": "/ws/call/",
            "captions_path": "/ws/captions/",
            "max_typed_text": MAX_TYPED_TEXT,
        },
    )


@require_safe
@never_cache
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """`/history/`: one's own conversations, newest first; `?q=`, `?persona=`, `?since=` and
    `?until=` say which. `?deleted=<id>` offers that one back."""
    user = cast("User", request.user)
    form = HistoryForm(request.GET, user)
    form.is_valid()
    page = Paginator(with_length(form.found()), PAGE_LENGTH).get_page(request.GET.get("page"))
    return render(
        request,
        "history.html",
        {
            "form": form,
            "asked": search.parse(form.query),
            "page_obj": page,
            "excerpts": search.excerpts(page.object_list, form.query),
            "has_any": page.paginator.count or form.all.exists(),
            "just_deleted": just_deleted(user, request.GET.get("deleted")),
            "has_deleted": deleted_conversations_of(user).exists(),
        },
    )


def just_deleted(user: User, conversation_id: str | None) -> Conversation | None:
    """What the user has deleted with the form before this page."""
    try:
        return deleted_conversation_for(user, conversation_id or "")
    except Conversation.DoesNotExist:
        return None


@require_safe
@never_cache
@login_required
def deleted(request: HttpRequest) -> HttpResponse:
    """`/history/deleted/`: what one has deleted and can have back, last deleted first."""
    conversations = with_length(deleted_conversations_of(cast("User", request.user)))
    page = Paginator(conversations, PAGE_LENGTH).get_page(request.GET.get("page"))
    return render(request, "deleted.html", {"page_obj": page, "kept_days": DELETED_KEPT.days})


@require_safe
@never_cache
@login_required
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """`/history/<id>/`: one of one's own conversations as a transcript; `?q=` marks these words."""
    found = own_conversation(cast("User", request.user), conversation_id)
    query = request.GET.get("q", "")
    return render(
        request,
        "conversation.html",
        {
            "conversation": found,
            "turns": found.turns.select_related("recording"),
            "query": query.strip(),
            "found": search.turns_found(found, query),
            "export_formats": exports.FORMATS,
        },
    )


def own_persona(user: User, request: HttpRequest) -> Persona:
    """The persona that the address asks for, or the usual one; the same 404 for none and for one
    that is not for this user."""
    try:
        return persona_for(user, request.GET.get("persona"))
    except Persona.DoesNotExist:
        raise Http404 from None


def own_conversation(user: User, conversation_id: str | UUID) -> Conversation:
    """The user's conversation, or the same 404 for nobody's and somebody else's."""
    try:
        found = conversation_for(user, conversation_id)
    except Conversation.DoesNotExist:
        raise Http404 from None
    store.end_calls_of_dead_workers(user)
    rescue_soon()
    return found
