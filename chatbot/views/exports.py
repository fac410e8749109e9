"""Downloads of a user's own: one conversation, or everything."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from chatbot import exports
from chatbot.access import conversation_for
from chatbot.models import Conversation, User


@require_GET
@login_required
def conversation(request: HttpRequest, conversation_id: UUID, format: str) -> StreamingHttpResponse:
    """`/history/<id>/export/<format>`: one of one's own conversations."""
    if format not in exports.FORMATS:
        raise Http404
    try:
        found = conversation_for(cast("User", request.user), conversation_id)
    except Conversation.DoesNotExist:
        raise Http404 from None
    return exports.conversation_download(request, found, format)


@require_GET
@login_required
def everything(request: HttpRequest) -> StreamingHttpResponse:
    """`/account/data/download`: all that is kept of who asks."""
    return exports.everything_download(request, cast("User", request.user))
