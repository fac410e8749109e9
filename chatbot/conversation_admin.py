"""Conversations, for staff: found, filtered, searched, and read as transcripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot import overview_filter, usage
from chatbot.access import spoken, with_length
from chatbot.models import Conversation, Turn

if TYPE_CHECKING:
    ConversationModelAdmin = admin.ModelAdmin[Conversation]
else:
    ConversationModelAdmin = admin.ModelAdmin


class Said(admin.SimpleListFilter):
    """Calls that came to nothing are left out, unless they are asked for."""

    title = _("turns")
    parameter_name = "turns"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("Without any")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("With any")}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Conversation]
    ) -> QuerySet[Conversation]:
        if self.value() == "all":
            return queryset
        return queryset.filter(turn_count=0) if self.value() == "none" else spoken(queryset)


class Deleted(admin.SimpleListFilter):
    """Whether the user has deleted the conversation; staff see it until it is gone for good."""

    title = _("deleted by its user")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("No")), ("yes", _("Yes"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Conversation]
    ) -> QuerySet[Conversation]:
        if self.value() is None:
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "no")


@admin.register(Conversation)
class ConversationAdmin(ConversationModelAdmin):
    """What was said: a list to find it in, and each as a transcript. Nothing here edits it."""

    list_display = ["name", "user", "persona", "started", "length", "turns", "cost"]
    list_select_related = ["user", "persona"]
    list_filter = ["persona", "created_at", Said, Deleted, overview_filter.Figure]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    search_fields = ["title"]
    search_help_text = _("Title, user name, e-mail, or any words said")
    list_per_page = 50
    change_form_template = "admin/chatbot/conversation/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return usage.with_cost(with_length(super().get_queryset(request)))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        for word in search_term.split():
            said = Turn.objects.filter(conversation=OuterRef("pk"), text__icontains=word)
            queryset = queryset.filter(
                Q(title__icontains=word)
                | Q(user__username__icontains=word)
                | Q(user__email__icontains=word)
                | Exists(said)
            )
        return queryset, False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        conversation = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": _("Transcript")}
        if conversation is not None and self.has_view_permission(request, conversation):
            by_call = usage.total_by_call(conversation)
            context |= {
                "conversation": conversation,
                "transcript": conversation.turns.all(),
                "calls": [
                    (call, by_call.get(call.pk, usage.Total())) for call in conversation.calls.all()
                ],
                "total": usage.sum_of(by_call.values()),
            }
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    @admin.display(description=_("conversation"), ordering="title")
    def name(self, conversation: Conversation) -> str:
        if conversation.deleted_at is None:
            return conversation.shown_title
        return gettext("%(title)s (deleted)") % {"title": conversation.shown_title}

    @admin.display(description=_("started"), ordering="created_at")
    def started(self, conversation: Conversation) -> datetime:
        return conversation.created_at

    @admin.display(description=_("length"), ordering="length")
    def length(self, conversation: Conversation) -> str:
        lasted: timedelta | None = getattr(conversation, "length", None)
        return str(timedelta(seconds=round(lasted.total_seconds()))) if lasted else "-"

    @admin.display(description=_("turns"), ordering="turn_count")
    def turns(self, conversation: Conversation) -> int:
        return conversation.turn_count

    @admin.display(description=_("cost"), ordering="known_usd")
    def cost(self, conversation: Conversation) -> str:
        known, unknown, rows = (
            getattr(conversation, name) for name in ("known_usd", "unknown_costs", "usage_count")
        )
        return usage.cost_text(known, unknown, rows)
