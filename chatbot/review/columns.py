"""The columns of the list of conversations."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot import usage
from chatbot.models import Conversation, Review
from chatbot.review.figures import Figures
from chatbot.review.page import review_of
from chatbot.search import Excerpt

_MARKS = {True: "<mark>{}</mark>", False: "{}"}


class Columns:
    """What each of them says of a row."""

    @admin.display(description=_("conversation"))
    def name(self, conversation: Conversation) -> str:
        title = conversation.shown_title
        if conversation.deleted_at is not None:
            title = gettext("%(title)s (deleted)") % {"title": title}
        excerpt: Excerpt | None = getattr(conversation, "excerpt", None)
        if excerpt is None:
            return title
        parts = ((_MARKS[part.is_found], part.text) for part in excerpt.parts)
        said = format_html_join("", "{}", ((format_html(mark, text),) for mark, text in parts))
        return format_html('{}<span class="review-excerpt">{}</span>', title, said)

    @admin.display(description=_("user"))
    def owner(self, conversation: Conversation) -> str:
        """Whose it is; a click leaves theirs alone."""
        asked = urlencode({"user": conversation.user.get_username()})
        return format_html('<a href="?{}">{}</a>', asked, conversation.user)

    @admin.display(description=_("conversation"))
    def number(self, conversation: Conversation) -> str:
        return str(conversation)

    @admin.display(description=_("started"), ordering="created_at")
    def started(self, conversation: Conversation) -> str:
        return date_format(timezone.localtime(conversation.created_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("length"))
    def length(self, conversation: Conversation) -> str:
        lasted = shown_figures(conversation).length
        return str(timedelta(seconds=round(lasted.total_seconds()))) if lasted else "-"

    @admin.display(description=_("turns"), ordering="turn_count")
    def turns(self, conversation: Conversation) -> int:
        return conversation.turn_count

    @admin.display(description=_("cost"))
    def cost(self, conversation: Conversation) -> str:
        figures = shown_figures(conversation)
        return usage.cost_text(figures.known_usd, figures.unknown_costs, figures.usage_count)

    @admin.display(description=_("felt latency"))
    def latency(self, conversation: Conversation) -> str:
        latency_ms = shown_figures(conversation).latency_ms
        if latency_ms is None:
            return "-"
        return gettext("%(seconds)s s") % {"seconds": number_format(latency_ms / 1000, 1)}

    @admin.display(description=_("review"))
    def state(self, conversation: Conversation) -> str:
        review = review_of(conversation) or Review()
        words = review.get_state_display()
        if review.reviewer:
            words = f"{words} ({review.reviewer})"
        flag = format_html(' <span class="review-flag">{}</span>', gettext("flagged"))
        return format_html("{}{}", words, flag if review.is_flagged else "")

    @admin.display(description=_("live"))
    def live(self, conversation: Conversation) -> str:
        if not shown_figures(conversation).is_live:
            return "-"
        return format_html('<span class="review-live">{}</span>', gettext("Live"))


def shown_figures(conversation: Conversation) -> Figures:
    """What the list has fetched of a row that it shows."""
    return getattr(conversation, "figures", Figures())
