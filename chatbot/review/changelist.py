"""The list of conversations, which costs the same for ten rows and for a hundred thousand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from chatbot.models import Conversation
from chatbot.review.figures import Figures, figures_of
from chatbot.rights import Right, may
from chatbot.search import excerpts

if TYPE_CHECKING:
    ConversationPaginator = Paginator[Conversation]
else:
    ConversationPaginator = Paginator

#: More rows than these are not counted, and have no page: a filter or a search leaves fewer.
MOST_COUNTED = 10_000


class CappedPaginator(ConversationPaginator):
    """Pages of the first `MOST_COUNTED` rows; looks at no more of them. What the list is asked for
    may be dear, so the database is asked once: for keys, which are counted and cut into pages."""

    @cached_property
    def _keys(self) -> list[Any]:
        rows: Any = self.object_list
        return list(rows.values_list("pk", flat=True)[: MOST_COUNTED + 1])

    @cached_property
    def count(self) -> int:
        return min(len(self._keys), MOST_COUNTED)

    @property
    def is_capped(self) -> bool:
        """Whether there are more."""
        return len(self._keys) > MOST_COUNTED

    def page(self, number: int | str) -> Page[Any]:
        """The rows of a page by their keys, whatever it was that found them."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        keys = self._keys[start : min(start + self.per_page, self.count)]
        asked: Any = self.object_list
        rows = asked.model._default_manager.filter(pk__in=keys)
        rows.query.select_related = asked.query.select_related
        place = {key: at for at, key in enumerate(keys)}
        ordered = sorted(rows, key=lambda row: place[row.pk])
        return Page(ordered, number, self)


class ConversationList(ChangeList):
    """Rows with `figures`, for those that are shown; and how many there are, in words."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.search_help_text = (
            _("Words said, or the e-mail address of the user")
            if may(request.user, Right.READ)
            else _("User name or e-mail address")
        )
        rows = list(self.result_list)
        with_cost = may(request.user, Right.SEE_COST)
        figures = figures_of([row.pk for row in rows], with_cost)
        said = excerpts(rows, self.query) if may(request.user, Right.READ) and self.query else {}
        for row in rows:
            row.figures = figures.get(row.pk, Figures())
            row.excerpt = said.get(row.pk)
        self.result_list = rows

    @property
    def counted(self) -> str:
        """ "10,000+" where there are more than are counted."""
        count = number_format(self.result_count, use_l10n=True, force_grouping=True)
        return _("%(count)s+") % {"count": count} if self.is_capped else count

    @property
    def is_capped(self) -> bool:
        """Whether some of the rows have no page."""
        return bool(getattr(self.paginator, "is_capped", False))


class UnfetchedList(ChangeList):
    """What the list is asked for, as a query that nobody has run."""

    def get_results(self, request: HttpRequest) -> None:
        self.result_count = 0
