"""The sound of a turn: for whose conversation it is, and for staff who may listen."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import PurePosixPath
from typing import cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.core.files.base import File
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chatbot import audit
from chatbot.access import recording_for
from chatbot.models import AuditEntry, Recording, User
from chatbot.ranges import Span, Unsatisfiable, span_of
from chatbot.refusals import allowed
from chatbot.rights import Right, may

log = logging.getLogger(__name__)

PIECE_BYTES = 64 * 1024
#: A player asks for a recording part by part: for so long that is one listening.
ONE_LISTENING = timedelta(minutes=10)


@require_safe
@login_required
async def recording(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    """`/history/<id>/recordings/<turn id>`: FLAC, whole or in the range that is asked for."""
    try:
        found = await sync_to_async(_found)(request, conversation_id, turn_id)
    except Recording.DoesNotExist:
        return _absent(_("There is no such recording."))
    tag, changed = _tag_of(found), found.created_at.timestamp()
    unchanged = get_conditional_response(request, tag, int(changed))
    if unchanged is not None:
        return unchanged
    try:
        span = span_of(_wanted(request, tag, http_date(changed)), found.size)
    except Unsatisfiable:
        response: HttpResponseBase = HttpResponse(status=416)
        response.headers["Content-Range"] = f"bytes */{found.size}"
        return _marked(response, tag, changed)
    file = await sync_to_async(_opened, thread_sensitive=False)(found)
    if file is None:
        return allowed(_absent(_("This recording is missing or damaged.")))
    whole = Span(0, found.size, found.size)
    if request.method == "HEAD":
        await sync_to_async(file.close, thread_sensitive=False)()
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(_pieces(file, span or whole))
    response.status_code = 206 if span else 200
    response.headers["Content-Type"] = "audio/flac"
    response.headers["Content-Length"] = str((span or whole).length)
    response.headers["Content-Disposition"] = "inline"
    if span:
        response.headers["Content-Range"] = span.content_range
    return _marked(response, tag, changed)


def _found(request: HttpRequest, conversation_id: UUID, turn_id: int) -> Recording:
    """The recording, if its user asks or staff who may; what staff hear is written down."""
    user = cast("User", request.user)
    may_listen = may(user, Right.LISTEN)
    found = recording_for(user, conversation_id, turn_id, may_listen=may_listen)
    if found.turn.conversation.user_id != user.pk and not _listens_already(user, turn_id):
        at = {"conversation": str(conversation_id)}
        audit.record(request, audit.Action.LISTEN, "turn", turn_id, **at)
    return found


def _listens_already(user: User, turn_id: int) -> bool:
    since = timezone.now() - ONE_LISTENING
    heard = AuditEntry.objects.filter(actor_id=user.pk, at__gt=since, action=audit.Action.LISTEN)
    return heard.filter(target_kind="turn", target_id=str(turn_id)).exists()


def _opened(recording: Recording) -> File[bytes] | None:
    """None of a file that is not there, or not as it was stored. Whatever ails the storage, it is
    this recording only that cannot be heard."""
    try:
        file = cast("File[bytes]", recording.file.open("rb"))
        if file.size == recording.size:
            return file
        file.close()
        log.error("recording %s: its file is damaged", recording.pk)
    except Exception as error:
        log.error("recording %s: its file cannot be read: %s", recording.pk, type(error).__name__)
    return None


async def _pieces(file: File[bytes], span: Span) -> AsyncIterator[bytes]:
    """The bytes of the span, read in threads as the browser takes them."""

    def read(size: int) -> bytes:
        return bytes(file.read(size))

    try:
        await sync_to_async(file.seek, thread_sensitive=False)(span.start)
        left = span.length
        while left > 0:
            piece = await sync_to_async(read, thread_sensitive=False)(min(left, PIECE_BYTES))
            if not piece:
                return
            left -= len(piece)
            yield piece
    finally:
        await sync_to_async(file.close, thread_sensitive=False)()


def _wanted(request: HttpRequest, tag: str, changed: str) -> str:
    """The `Range` that counts: none with an `If-Range` of another file."""
    only_if = request.headers.get("If-Range", "")
    if only_if and only_if not in (tag, changed):
        return ""
    return request.headers.get("Range", "")


def _tag_of(recording: Recording) -> str:
    """A file is never written again: its name says all."""
    return f'"{PurePosixPath(recording.file.name or "").stem}"'


def _marked(response: HttpResponseBase, tag: str, changed: float) -> HttpResponseBase:
    """Nobody else may keep it, and who keeps it asks each time."""
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["ETag"] = tag
    response.headers["Last-Modified"] = http_date(changed)
    return response


def _absent(sentence: str) -> HttpResponse:
    response = HttpResponse(sentence, status=404, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    return response
