"""API tokens, for staff: a list, and a way to revoke. Tokens are made by `createtoken` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chatbot import control, store
from chatbot.models import ApiToken

if TYPE_CHECKING:
    ApiTokenModelAdmin = admin.ModelAdmin[ApiToken]
else:
    ApiTokenModelAdmin = admin.ModelAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(ApiTokenModelAdmin):
    """Whose tokens there are, when they were used last, and which are revoked."""

    list_display = ["name", "hint", "user", "created_at", "last_used_at", "revoked_at"]
    list_display_links = None
    list_filter = ["created_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    search_help_text = _("Name, user name")
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        count, ended = store.revoke_tokens(tokens)
        for call_id in ended:
            async_to_sync(control.order_end)(call_id, store.TOKEN_REVOKED)
        told = ngettext("%d token is revoked.", "%d tokens are revoked.", count) % count
        self.message_user(request, told, messages.SUCCESS)
