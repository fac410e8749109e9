"""What a reviewer sends from the page of one conversation, and the completion of names."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from chatbot import exports, reviewing
from chatbot.addresses import address_of
from chatbot.models import AuditEntry, Conversation, Note, Review, Tag, User
from chatbot.review.forms import NoteForm, ReviewForm
from chatbot.review.page import review_of
from chatbot.reviewing import ChangedMeanwhile, seen_at
from chatbot.rights import Right, may

if TYPE_CHECKING:
    from chatbot.conversation_admin import ConversationAdmin

#: So many names are offered at most.
COMPLETIONS = 20


@require_POST
def save(request: HttpRequest, object_id: UUID, admin: ConversationAdmin) -> HttpResponseBase:
    """Keep the review; then the same page, or the next one of the list."""
    conversation = _reviewed(request, object_id, admin)
    if conversation is None:
        return admin.is_missing(request, object_id)
    filled = request.POST.copy()
    if "take" in filled:
        filled["reviewer"] = request.user.get_username()
        if filled.get("state") == Review.State.UNREVIEWED:
            filled["state"] = Review.State.IN_REVIEW
    form = ReviewForm(filled)
    if not form.is_valid():
        return admin.page(request, conversation, form, status=400)
    try:
        by, seen = cast("User", request.user), form.cleaned_data["seen"]
        reviewing.save(conversation, form.work(), by, seen=seen, address=address_of(request))
    except ChangedMeanwhile:
        now = admin.found(request, object_id) or conversation
        return admin.page(request, now, _to_be_decided(filled, now), status=409)
    messages.success(request, gettext("The review is saved."))
    following = getattr(conversation, "following", None)
    goes_on = "next" in filled and following is not None
    return _to(request, following if goes_on else conversation.pk)


@require_POST
def add_note(request: HttpRequest, object_id: UUID, admin: ConversationAdmin) -> HttpResponseBase:
    conversation = _reviewed(request, object_id, admin)
    if conversation is None:
        return admin.is_missing(request, object_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _errors(form))
    elif text := form.cleaned_data["text"]:
        by = cast("User", request.user)
        reviewing.add_note(conversation, text, by, address_of(request))
    else:
        messages.warning(request, gettext("A note needs words."))
    return _to(request, conversation.pk)


@require_POST
def edit_note(
    request: HttpRequest, object_id: UUID, note_id: int, admin: ConversationAdmin
) -> HttpResponseBase:
    """Change a note of one's own, or delete it."""
    conversation = _reviewed(request, object_id, admin)
    if conversation is None:
        return admin.is_missing(request, object_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _errors(form))
        return _to(request, conversation.pk)
    text = "" if "delete" in request.POST else form.cleaned_data["text"]
    try:
        by = cast("User", request.user)
        reviewing.edit_note(conversation, note_id, text, by, address_of(request))
    except Note.DoesNotExist:
        raise PermissionDenied from None
    return _to(request, conversation.pk)


@require_GET
def export(
    request: HttpRequest, object_id: UUID, format: str, admin: ConversationAdmin
) -> HttpResponseBase:
    conversation = admin.found(request, object_id)
    if conversation is None or format not in exports.FORMATS:
        return admin.is_missing(request, object_id)
    return exports.staff_conversation_download(request, conversation, format)


@require_GET
def users(request: HttpRequest) -> HttpResponse:
    """User names that begin so; with `?staff=1` of those who may review."""
    people = (
        User.objects.filter(is_active=True, is_staff=True)
        if "staff" in request.GET
        else (User.objects.all())
    )
    found = people.filter(username__istartswith=_begun(request)).order_by("username")
    return _names(request, list(found.values_list("username", flat=True)[:COMPLETIONS]))


@require_GET
def tags(request: HttpRequest) -> HttpResponse:
    """Tags that begin so."""
    found = Tag.objects.filter(name__istartswith=_begun(request))
    return _names(request, list(found.values_list("name", flat=True)[:COMPLETIONS]))


def _begun(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()


def _names(request: HttpRequest, names: list[str]) -> HttpResponse:
    if not may(request.user, Right.LIST):
        raise PermissionDenied
    return JsonResponse({"names": names})


def _errors(form: NoteForm) -> str:
    return "; ".join(str(error) for error in form.errors["text"])


def _reviewed(
    request: HttpRequest, object_id: UUID, admin: ConversationAdmin
) -> Conversation | None:
    if not may(request.user, Right.REVIEW):
        raise PermissionDenied
    return admin.found(request, object_id)


def _to(request: HttpRequest, key: UUID | None) -> HttpResponse:
    address = reverse("admin:chatbot_conversation_change", args=[key])
    asked = request.GET.urlencode()
    return HttpResponseRedirect(f"{address}?{asked}" if asked else address)


def _to_be_decided(filled: QueryDict, conversation: Conversation) -> ReviewForm:
    """What was filled in, against the review as somebody else has left it meanwhile."""
    review = review_of(conversation)
    filled["seen"] = seen_at(conversation, review).isoformat()
    form = ReviewForm(filled)
    changes = AuditEntry.objects.filter(
        target_id=str(conversation.pk), action=AuditEntry.Action.REVIEW
    )
    last = changes.order_by("-at", "-pk").first()
    told = gettext(
        "%(who)s has changed this review meanwhile, and yours is not saved. It now says: %(what)s. "
        "Below is what you had entered: save again to put it in the place of that."
    )
    who = last.actor_name if last and last.actor_name else gettext("Somebody")
    form.add_error(None, told % {"who": who, "what": _in_words(review)})
    return form


def _in_words(review: Review | None) -> str:
    kept = review or Review()
    words = [kept.get_state_display()]
    if kept.reviewer:
        words.append(f"{gettext('Reviewer')}: {kept.reviewer}")
    if kept.rating:
        words.append(f"{gettext('Rating')}: {kept.rating}")
    if kept.is_flagged:
        words.append(gettext("Flagged"))
    if kept.pk and (names := [tag.name for tag in kept.tags.all()]):
        words.append(f"{gettext('Tags')}: {', '.join(names)}")
    return "; ".join(words)
