"""Facts in the admin: staff read what the assistant remembers, and change nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chatbot.models import Fact

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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Fact | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Fact | None = None) -> bool:
        return False
