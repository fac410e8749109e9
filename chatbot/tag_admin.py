"""Tags, for staff: renamed and deleted here; reviewers make new ones as they type them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from chatbot.models import Tag

if TYPE_CHECKING:
    TagModelAdmin = admin.ModelAdmin[Tag]
else:
    TagModelAdmin = admin.ModelAdmin


@admin.register(Tag)
class TagAdmin(TagModelAdmin):
    """The words that reviewers put on conversations."""

    list_display = ["name", "conversations"]
    search_fields = ["name"]
    show_full_result_count = False

    @admin.display(description=_("conversations"))
    def conversations(self, tag: Tag) -> str:
        """Those that have it, as a list."""
        asked = urlencode({"tag": tag.name, "turns": "all"})
        address = reverse("admin:chatbot_conversation_changelist")
        return format_html('<a href="{}?{}">{}</a>', address, asked, _("Show"))
