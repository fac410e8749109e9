"""The audit for staff who may see it: who did what with another's words. To read and to export."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot import audit
from chatbot.exports.comma import CsvWriter
from chatbot.exports.responses import download
from chatbot.models import AuditEntry, Conversation, User
from chatbot.review.changelist import CappedPaginator

if TYPE_CHECKING:
    AuditModelAdmin = admin.ModelAdmin[AuditEntry]
else:
    AuditModelAdmin = admin.ModelAdmin

EXPORT = "chatbot.export_audit"
BATCH = 1000
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOBODY = "nobody"
COLUMNS = ("time", "who", "user id", "action", "what", "id", "detail", "from")


class Who(admin.SimpleListFilter):
    """Members of staff by name; others are found by the search."""

    title = _("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        staff = User.objects.filter(is_staff=True).order_by("username")
        named = [(str(key), name) for key, name in staff.values_list("pk", "username")]
        return [*named, (NOBODY, _("Not signed in, or a command"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        value = self.value()
        if value == NOBODY:
            return queryset.filter(actor_id=None)
        return queryset.filter(actor_id=value) if value and value.isdecimal() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(AuditModelAdmin):
    """Nothing here is changed or deleted by anybody; `prune` takes what is old."""

    list_display = ["time", "who", "action", "what", "said", "address"]
    list_filter = ["action", "at", Who]
    ordering = ["-at", "-pk"]
    search_fields = ["target_id"]
    search_help_text = _("User name or id, or how it begins")
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ["time"]
    paginator = CappedPaginator
    actions = None
    change_list_template = "admin/chatbot/auditentry/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        return [path("export/", export, name="chatbot_auditentry_export"), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        if term := search_term.strip():
            named = Q(actor_name__istartswith=term) | Q(target_id__istartswith=term)
            queryset = queryset.filter(named | Q(detail__conversation=term.lower()))
        return queryset, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_export": self.may_export(request), "title": _("Audit")}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """`/admin/chatbot/auditentry/export/`: as CSV, what the list shows for the same query."""
        if not self.may_export(request):
            raise PermissionDenied
        try:
            rows: QuerySet[AuditEntry] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return redirect("admin:chatbot_auditentry_changelist")
        audit.record(request, audit.Action.EXPORT, "audit", filters=request.GET.dict())
        name = f"audit {timezone.now():%Y-%m-%d}.csv"
        return download(name, "text/csv; charset=utf-8", lines(rows))

    def may_export(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(EXPORT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    @admin.display(description=_("time"), ordering="at")
    def time(self, entry: AuditEntry) -> str:
        return f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        return entry.actor_name or gettext("nobody")

    @admin.display(description=_("what"))
    def what(self, entry: AuditEntry) -> str:
        short = f"{entry.target_kind} {_short(entry.target_id)}".strip()
        if entry.target_kind != Conversation._meta.model_name or not entry.target_id:
            return short
        address = reverse("admin:chatbot_conversation_change", args=[entry.target_id])
        return format_html('<a href="{}" title="{}">{}</a>', address, entry.target_id, short)

    @admin.display(description=_("detail"))
    def said(self, entry: AuditEntry) -> str:
        return ", ".join(f"{name}: {_short(_plain(value))}" for name, value in entry.detail.items())


async def lines(entries: QuerySet[AuditEntry]) -> AsyncIterator[bytes]:
    """CSV, newest first, some rows at a time; none that came while it was sent."""
    writer = CsvWriter()
    yield writer.write([list(COLUMNS)])
    last: int | None = None
    while batch := await sync_to_async(_before)(entries, last):
        last = batch[-1].pk
        yield writer.write([_cells(entry) for entry in batch])


def _before(entries: QuerySet[AuditEntry], last: int | None) -> list[AuditEntry]:
    older = entries if last is None else entries.filter(pk__lt=last)
    return list(older.order_by("-pk")[:BATCH])


def _cells(entry: AuditEntry) -> list[Any]:
    return [
        entry.at,
        entry.actor_name,
        entry.actor_id,
        entry.action,
        entry.target_kind,
        entry.target_id,
        _plain(entry.detail) if entry.detail else "",
        entry.address or "",
    ]


def _short(text: str) -> str:
    """An id by its beginning, as everywhere in the admin; other words as they are."""
    return text[:8] if UUID_TEXT.fullmatch(text) else text


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
