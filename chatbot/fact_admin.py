"""Facts in the admin: staff who may read what was said read what the assistant remembers, and
change nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from chatbot import audit
from chatbot.models import Fact
from chatbot.rights import Right, may

if TYPE_CHECKING:
    FactModelAdmin = admin.ModelAdmin[Fact]
else:
    FactModelAdmin = admin.ModelAdmin


@admin.register(Fact)
class FactAdmin(FactModelAdmin):
    """What users want remembered; theirs alone to delete, on their own page."""

    list_display = ["text", "user", "created_at"]
    list_select_related = ["user"]
    list_filter = ["created_at"]
    search_fields = ["text", "user__username", "user__email"]
    search_help_text = _("Words of the fact, user name or e-mail")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.has_view_permission(request):
            is_search = bool(request.GET.get("q", "").strip())
            audit.record(request, audit.Action.SEARCH if is_search else audit.Action.READ, "fact")
        return super().changelist_view(request, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if self.has_view_permission(request):
            audit.record(request, audit.Action.READ, "fact", object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def has_view_permission(self, request: HttpRequest, obj: Fact | None = None) -> bool:
        """A fact is what somebody said."""
        return super().has_view_permission(request, obj) and may(request.user, Right.READ)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Fact | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Fact | None = None) -> bool:
        return False
