"""By what the list of conversations can be filtered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin import RelatedFieldListFilter
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot.access import spoken
from chatbot.models import Conversation, Review
from chatbot.review.figures import is_live

Conversations = QuerySet[Conversation]

STATES = dict(Review.State.choices)


class PersonaFilter(RelatedFieldListFilter):
    """Asks for the personas only where the filter is shown."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return SimpleLazyObject(
            lambda: super(PersonaFilter, self).field_choices(field, request, model_admin)
        )

    def has_output(self) -> bool:
        return True


class Said(admin.SimpleListFilter):
    """Calls that came to nothing are left out, unless they are asked for."""

    title = _("turns")
    parameter_name = "turns"
    template = "admin/chatbot/conversation/filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("Without any")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("With any")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Conversations) -> Conversations:
        if self.value() == "all":
            return queryset
        return queryset.filter(turn_count=0) if self.value() == "none" else spoken(queryset)


class State(admin.SimpleListFilter):
    """How far the review is; without a row it has not begun."""

    title = _("state of review")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: Conversations) -> Conversations:
        asked = self.value()
        if asked not in STATES:
            return queryset
        is_so = Q(review__state=asked)
        if asked == Review.State.UNREVIEWED:
            is_so |= Q(review=None)
        return queryset.filter(is_so)


class Mine(admin.SimpleListFilter):
    """What waits for who looks at the list."""

    title = _("my queue")
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Waits for me")), ("done", _("Reviewed by me"))]

    def queryset(self, request: HttpRequest, queryset: Conversations) -> Conversations:
        if self.value() not in ("yes", "done"):
            return queryset
        done = Q(review__state=Review.State.REVIEWED)
        own = queryset.filter(review__reviewer=request.user.pk)
        return own.filter(done) if self.value() == "done" else own.filter(~done)


class YesOrNo(admin.SimpleListFilter):
    """Base of filters by one fact."""

    template = "admin/chatbot/conversation/filter.html"

    def is_so(self) -> Q | Exists:
        """The fact."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: Conversations) -> Conversations:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(self.is_so() if self.value() == "yes" else ~self.is_so())


class Live(YesOrNo):
    title = _("live")
    parameter_name = "live"

    def is_so(self) -> Exists:
        return is_live()


class Failures(YesOrNo):
    title = _("has failures")
    parameter_name = "failures"

    def is_so(self) -> Q:
        return Q(has_failures=True)


class Flagged(YesOrNo):
    title = _("flagged")
    parameter_name = "flagged"

    def is_so(self) -> Q:
        return Q(review__is_flagged=True)


class Reviewed(YesOrNo):
    title = _("reviewed")
    parameter_name = "reviewed"

    def is_so(self) -> Q:
        return Q(review__state=Review.State.REVIEWED)


class Held(YesOrNo):
    title = _("held")
    parameter_name = "held"

    def is_so(self) -> Q:
        return Q(is_held=True)


class Deleted(YesOrNo):
    """Whether the user has deleted the conversation; staff see it until it is gone for good."""

    title = _("deleted by its user")
    parameter_name = "deleted"

    def is_so(self) -> Q:
        return Q(deleted_at__isnull=False)


class Typed(admin.SimpleListFilter):
    """Base of filters whose value is typed, with completion by the script of the page."""

    template = "admin/chatbot/conversation/typed_filter.html"
    completion = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return []

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {
            "value": self.value() or "",
            "name": self.parameter_name,
            "completion": reverse(f"admin:{self.completion}"),
            "others": _others(changelist, self.expected_parameters()),
            "without": changelist.get_query_string(remove=[self.parameter_name]),
        }


class Person(Typed):
    title = _("user")
    parameter_name = "user"
    completion = "chatbot_conversation_users"

    def queryset(self, request: HttpRequest, queryset: Conversations) -> Conversations:
        name = (self.value() or "").replace("\0", "").strip()
        return queryset.filter(user__username=name) if name else queryset


class Tagged(Typed):
    title = _("tag")
    parameter_name = "tag"
    completion = "chatbot_conversation_tags"

    def queryset(self, request: HttpRequest, queryset: Conversations) -> Conversations:
        name = (self.value() or "").replace("\0", "").strip()
        if not name:
            return queryset
        reviews = Review.objects.filter(tags__name__iexact=name, conversation=OuterRef("pk"))
        return queryset.filter(Exists(reviews))


class Started(admin.ListFilter):
    """From one day to another, both included, in the current time zone."""

    title = _("date")
    template = "admin/chatbot/conversation/date_filter.html"
    #: What an address says for the first and for the last day.
    FIRST, LAST = "from", "to"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.asked = {
            name: str(params.pop(name)[-1]) for name in self.expected_parameters() if name in params
        }
        self.is_wrong = False

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [self.FIRST, self.LAST]

    def queryset(self, request: HttpRequest, queryset: Conversations) -> Conversations:
        try:
            first, last = (self._midnight(self.asked.get(name)) for name in (self.FIRST, self.LAST))
            if first:
                queryset = queryset.filter(created_at__gte=first)
            if last:
                queryset = queryset.filter(created_at__lt=last + timedelta(days=1))
        except (ValueError, OverflowError):
            self.is_wrong = True
            return queryset.none()
        return queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        today = timezone.localdate()
        spans = [
            (gettext("Any date"), None),
            (gettext("Today"), today),
            (gettext("Past 7 days"), today - timedelta(days=6)),
            (gettext("Past 30 days"), today - timedelta(days=29)),
        ]
        for display, first in spans:
            asked = {self.FIRST: first.isoformat()} if first else {}
            removed = [name for name in (self.FIRST, self.LAST) if name not in asked]
            yield {
                "display": display,
                "selected": self.asked == asked,
                "query_string": changelist.get_query_string(asked, removed),
                "first": self.asked.get(self.FIRST, ""),
                "last": self.asked.get(self.LAST, ""),
                "is_wrong": self.is_wrong,
                "others": _others(changelist, [self.FIRST, self.LAST]),
            }

    @staticmethod
    def _midnight(day: str | None) -> datetime | None:
        if not day:
            return None
        return timezone.make_aware(datetime.combine(date.fromisoformat(day), time.min))


def _others(changelist: Any, names: list[str | None]) -> list[tuple[str, str]]:
    """What a form must say again so that the other filters stay."""
    return [
        (name, value)
        for name, values in changelist.filter_params.items()
        if name not in names
        for value in values
    ]
