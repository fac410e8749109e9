"""The admin: what staff review and edit, a file for each noun."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chatbot import (
    audit_admin,
    conversation_admin,
    fact_admin,
    persona_admin,
    tag_admin,
    token_admin,
    usage_admin,
    user_admin,
)

__all__ = [
    "audit_admin",
    "conversation_admin",
    "fact_admin",
    "persona_admin",
    "tag_admin",
    "token_admin",
    "usage_admin",
    "user_admin",
]

admin.site.site_header = _("Colloquy review")
admin.site.site_title = _("Colloquy review")
admin.site.index_title = _("Conversations, personas and people")
