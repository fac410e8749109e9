"""What a user looks for in their history: words, a persona, days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from chatbot import search
from chatbot.access import spoken_conversations_of
from chatbot.exports.wording import zone_named
from chatbot.models import Conversation, Persona, User

if TYPE_CHECKING:
    PersonaField = forms.ModelChoiceField[Persona]
else:
    PersonaField = forms.ModelChoiceField

#: Days before and after count as these.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


class PersonaChoice(PersonaField):
    """A persona by the name that people know it by."""

    def label_from_instance(self, obj: Persona) -> str:
        return obj.shown_name


class Day(forms.DateField):
    """A day of the calendar, as browsers send it."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            required=False,
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "input"}),
            error_messages={
                "invalid": _("Give the day as year, month and day, such as 2026-03-01.")
            },
        )

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        return None if day is None else min(max(day, FIRST_DAY), LAST_DAY)


class HistoryForm(forms.Form):
    """All of it can be left out, and no text is too odd to look for. `zone` is the reader's time
    zone, in which days begin; else UTC."""

    q = forms.Field(
        label=_("Words that were said"),
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "class": "input", "autocomplete": "off"}),
    )
    persona = PersonaChoice(
        queryset=Persona.objects.none(),
        to_field_name="slug",
        label=_("Persona"),
        required=False,
        empty_label=_("All personas"),
        widget=forms.Select(attrs={"class": "input"}),
        error_messages={"invalid_choice": _("You have no conversation with this persona.")},
    )
    since = Day(_("Started from"))
    until = Day(_("Started until"))
    zone = forms.Field(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data, label_suffix="", auto_id="search-%s")
        self.all = spoken_conversations_of(user)
        choice: Any = self.fields["persona"]
        choice.queryset = Persona.objects.filter(pk__in=self.all.order_by().values("persona"))

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return cleaned

    @property
    def query(self) -> str:
        """The words that are looked for."""
        return str(self.cleaned_data.get("q") or "").strip()

    @property
    def is_filtered(self) -> bool:
        """More than words are asked for, or less."""
        return any(self.data.get(name) for name in ("persona", "since", "until"))

    def found(self) -> QuerySet[Conversation]:
        """The conversations of a form that has been read, newest first; what was filled in wrongly
        is left out."""
        conversations = search.conversations_saying(self.all, self.query)
        if persona := self.cleaned_data.get("persona"):
            conversations = conversations.filter(persona=persona)
        zone = zone_named(self.cleaned_data.get("zone"))
        if since := self.cleaned_data.get("since"):
            conversations = conversations.filter(created_at__gte=midnight(since, zone))
        if until := self.cleaned_data.get("until"):
            end = midnight(until + timedelta(days=1), zone)
            conversations = conversations.filter(created_at__lt=end)
        return conversations


def midnight(day: date, zone: tzinfo) -> datetime:
    """When the day begins there."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
