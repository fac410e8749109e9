"""Shows what a search has found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chatbot import search

register = template.Library()


@register.filter
def marked(text: str, query: str) -> SafeString:
    """The text, with the words of the query marked in it."""
    return with_marks(search.marked(text, query))


@register.filter
def with_marks(parts: list[search.Part]) -> SafeString:
    """An excerpt's parts, those that were found marked."""
    pieces = (
        format_html("<mark>{}</mark>", part.text) if part.is_found else part.text for part in parts
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))


@register.filter
def of(values: Mapping[Any, Any], key: Any) -> Any:
    """The value of a key; None without one."""
    return values.get(key)
