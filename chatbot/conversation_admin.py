"""Conversations, for staff: found, filtered, searched, read, and worked on."""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import Q, QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext

from chatbot import audit, overview_filter, search
from chatbot.models import AuditEntry, Conversation
from chatbot.review import bulk, filters, posts
from chatbot.review.changelist import CappedPaginator, ConversationList, UnfetchedList
from chatbot.review.columns import Columns
from chatbot.review.forms import ReviewForm
from chatbot.review.neighbours import with_neighbours
from chatbot.review.page import asked_of_list, context_of
from chatbot.rights import Right, may

if TYPE_CHECKING:
    ConversationModelAdmin = admin.ModelAdmin[Conversation]
else:
    ConversationModelAdmin = admin.ModelAdmin


@admin.register(Conversation)
class ConversationAdmin(Columns, ConversationModelAdmin):
    """What was said: a list to find it in, and each as a transcript with its review. What was said
    is never edited here."""

    list_select_related = ["user", "persona", "review__reviewer"]
    list_filter = [
        filters.Mine,
        filters.State,
        filters.Started,
        ("persona", filters.PersonaFilter),
        filters.Person,
        filters.Tagged,
        filters.Live,
        filters.Failures,
        filters.Flagged,
        filters.Reviewed,
        filters.Held,
        filters.Deleted,
        filters.Said,
        overview_filter.Figure,
    ]
    ordering = ["-created_at"]
    sortable_by = ["started", "turns"]
    search_fields = ["title"]
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css: ClassVar = {"all": ["chatbot/css/review.css", "chatbot/css/replay.css"]}
        js: ClassVar = [
            Script("chatbot/js/review.js", type="module"),
            Script("chatbot/js/replay.js", type="module"),
        ]

    def get_list_display(self, request: HttpRequest) -> Any:
        may_read, may_see_cost = may(request.user, Right.READ), may(request.user, Right.SEE_COST)
        return [
            "name" if may_read else "number",
            *("owner", "persona", "started", "length", "turns"),
            *(["cost"] if may_see_cost else []),
            *("latency", "state", "live"),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        """Only the list itself has its rows fetched."""
        match = request.resolver_match
        is_list = match is not None and match.url_name == "chatbot_conversation_changelist"
        return ConversationList if is_list else UnfetchedList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        titled = {"title": gettext("Conversations"), **(extra_context or {})}
        response = super().changelist_view(request, titled)
        changes = (getattr(response, "context_data", None) or {}).get("cl")
        if changes and changes.query and may(request.user, Right.READ):
            searched = AuditEntry.Action.SEARCH
            audit.record(request, searched, "conversation", found=changes.counted)
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        """Words said; without the right to read them, only whose conversation it is."""
        term = search_term.replace("\0", " ").strip()
        if not term:
            return queryset, False
        if may(request.user, Right.READ) and "@" not in term:
            return search.conversations_saying(queryset, term), False
        of_user = Q(user__email__icontains=term)
        if "@" not in term:
            of_user |= Q(user__username__icontains=term)
        return queryset.filter(of_user), False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Titles are made of what was said: nobody finds them out by filters of their own."""
        if lookup.startswith("title") and not (request and may(request.user, Right.READ)):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: (partial(_work_on, name=name), name, kind.label)
            for name, kind in bulk.KINDS.items()
            if may(request.user, kind.right)
        }

    def get_urls(self) -> list[Any]:
        def view(name: str, route: str, function: Any, **of: Any) -> Any:
            wrapped = self.admin_site.admin_view(partial(function, **of))
            return path(route, wrapped, name=f"chatbot_conversation_{name}")

        one = "<uuid:object_id>/"
        return [
            view("users", "users/", posts.users),
            view("tags", "tags/", posts.tags),
            view("review", f"{one}review/", posts.save, admin=self),
            view("add_note", f"{one}notes/", posts.add_note, admin=self),
            view("edit_note", f"{one}notes/<int:note_id>/", posts.edit_note, admin=self),
            view("export", f"{one}export/<slug:format>/", posts.export, admin=self),
            *super().get_urls(),
        ]

    def found(self, request: HttpRequest, object_id: str | UUID) -> Conversation | None:
        """One conversation, with its neighbours in the list that its reader came from.

        Raises:
            PermissionDenied: not even that it exists is theirs to know.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            key = UUID(str(object_id))
        except ValueError:
            return None
        rows = Conversation.objects.select_related("user", "persona", "review__reviewer")
        return with_neighbours(rows, self._listed(request)).filter(pk=key).first()

    def _listed(self, request: HttpRequest) -> QuerySet[Conversation]:
        """The list that its reader came from; the usual one if there is none."""
        for query in (asked_of_list(request), QueryDict()):
            asked: Any = copy(request)
            asked.GET = query
            try:
                listed: QuerySet[Conversation] = self.get_changelist_instance(asked).queryset
            except (IncorrectLookupParameters, SuspiciousOperation):
                continue
            return listed.select_related(None)
        return Conversation.objects.order_by("-created_at", "-pk")

    def page(
        self,
        request: HttpRequest,
        conversation: Conversation,
        form: ReviewForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """One conversation. What its reader reads of it is written down."""
        may_read = may(request.user, Right.READ)
        if may_read:
            audit.record(request, AuditEntry.Action.READ, "conversation", conversation.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": conversation.shown_title if may_read else str(conversation),
            "opts": self.opts,
            "media": self.media,
            **context_of(request, conversation, form),
        }
        template = "admin/chatbot/conversation/change_form.html"
        return TemplateResponse(request, template, context, status=status)

    def is_missing(self, request: HttpRequest, object_id: str | UUID) -> HttpResponse:
        """Back to the list, with a sentence."""
        text = gettext("There is no conversation “%(id)s”. It may have been erased.")
        messages.warning(request, text % {"id": object_id})
        return redirect("admin:chatbot_conversation_changelist")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        conversation = self.found(request, object_id)
        if conversation is None:
            return self.is_missing(request, object_id)
        return self.page(request, conversation)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Conversations are erased, which leaves nothing behind: a button of their page."""
        return self.change_view(request, object_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return may(request.user, Right.ERASE)


def _work_on(
    model_admin: ConversationAdmin,
    request: HttpRequest,
    queryset: QuerySet[Conversation],
    *,
    name: str,
) -> HttpResponseBase | None:
    return bulk.work_on(model_admin.admin_site, name, request, queryset)
