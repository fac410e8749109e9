"""What it cost, for staff: a list of responses and transcriptions with totals; to read only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from chatbot import usage
from chatbot.models import Usage
from chatbot.rights import Right, may

if TYPE_CHECKING:
    UsageModelAdmin = admin.ModelAdmin[Usage]
else:
    UsageModelAdmin = admin.ModelAdmin

#: Whose conversation is gone; what it used stays counted, of nobody.
ERASED = _("erased")

#: Of the users, those who cost most are listed.
MOST_USERS = 50


@admin.register(Usage)
class UsageAdmin(UsageModelAdmin):
    """Rows as they were counted, and above them totals of all that the filters leave."""

    list_display = [
        "created_at", "user", "persona", "model", "cost", "kind", "tokens_in", "cached",
        "tokens_out", "seconds",
    ]  # fmt: skip
    list_display_links = None
    list_filter = ["created_at", "persona", "model", "kind"]
    list_select_related = ["call__conversation__user", "persona"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    search_fields = ["call__conversation__user__username"]
    search_help_text = _("User name")
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and (context := response.context_data):
            rows: QuerySet[Usage] = context["cl"].queryset
            by_day = usage.total_by_day(rows)
            context["total"] = usage.sum_of(total for _day, total in by_day)
            context["totals"] = [
                (_("Day"), by_day),
                (_("Persona"), usage.total_by(rows, usage.PERSONA)),
                (_("Model"), usage.total_by(rows, usage.MODEL)),
                (_("User"), _named(usage.total_by(rows, usage.USER))[:MOST_USERS]),
            ]
        return response

    def has_view_permission(self, request: HttpRequest, obj: Usage | None = None) -> bool:
        """All of it is cost; so its right opens this, and no other does."""
        return may(request.user, Right.SEE_COST)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Usage | None = None) -> bool:
        return False

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Rows go with their conversation only; for that its own page asks for the permission."""
        raise PermissionDenied

    @admin.display(description=_("user"))
    def user(self, row: Usage) -> str:
        return row.call.conversation.user.username if row.call else str(ERASED)

    @admin.display(description=_("persona"))
    def persona(self, row: Usage) -> str:
        return row.persona.name if row.persona else "-"

    @admin.display(description=_("tokens in"))
    def tokens_in(self, row: Usage) -> int:
        return row.text_input_tokens + row.audio_input_tokens + row.image_input_tokens

    @admin.display(description=_("cached"))
    def cached(self, row: Usage) -> int:
        return row.cached_text_tokens + row.cached_audio_tokens + row.cached_image_tokens

    @admin.display(description=_("tokens out"))
    def tokens_out(self, row: Usage) -> int:
        return row.text_output_tokens + row.audio_output_tokens

    @admin.display(description=_("seconds"))
    def seconds(self, row: Usage) -> str:
        return f"{row.audio_seconds:.1f}" if row.audio_seconds else "-"

    @admin.display(description=_("cost"), ordering="cost_usd")
    def cost(self, row: Usage) -> str:
        return usage.cost_text(row.cost_usd or usage.NOTHING, int(row.cost_usd is None), 1)


def _named(totals: list[tuple[Any, usage.Total]]) -> list[tuple[Any, usage.Total]]:
    return [(name or ERASED, total) for name, total in totals]
