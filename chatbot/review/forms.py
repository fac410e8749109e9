"""What reviewers fill in, about one conversation or about many."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot.exports import BULK_FORMATS
from chatbot.models import Conversation, Note, Review, Tag, User
from chatbot.reviewing import Work, seen_at

RATINGS = [("", _("None")), *((str(number), str(number)) for number in range(1, 6))]
MOST_TAGS = 20


def moment_of(text: str) -> datetime | None:
    """A moment as a page has kept it; None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if timezone.is_aware(moment) else None


class ReviewerField(forms.CharField):
    """A member of staff by their user name, typed with completion; empty is nobody."""

    widget = forms.TextInput(
        attrs={
            "data-complete": reverse_lazy("admin:chatbot_conversation_users"),
            "data-staff": "1",
            "autocomplete": "off",
        }
    )

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        if not name:
            return None
        found = User.objects.filter(username=name, is_staff=True, is_active=True).first()
        if found is None:
            text = gettext("No member of staff is called “%(name)s”. Choose one of the list.")
            raise forms.ValidationError(text % {"name": name})
        return found


class TagsField(forms.CharField):
    """Names of tags with commas between them, typed with completion."""

    widget = forms.TextInput(
        attrs={
            "data-complete": reverse_lazy("admin:chatbot_conversation_tags"),
            "data-many": "1",
            "autocomplete": "off",
        }
    )

    def clean(self, value: Any) -> Any:
        names = [" ".join(name.split()) for name in super().clean(value).split(",")]
        tags = list({name.casefold(): name for name in names if name}.values())
        longest: int = Tag._meta.get_field("name").max_length or 0
        if any(len(tag) > longest for tag in tags):
            text = gettext("A tag has at most %(most)d characters.")
            raise forms.ValidationError(text % {"most": longest})
        if len(tags) > MOST_TAGS:
            text = gettext("A conversation has at most %(most)d tags.")
            raise forms.ValidationError(text % {"most": MOST_TAGS})
        return tags


class ReviewForm(forms.Form):
    """Review of one conversation; `seen` is the version that its reviewer saw."""

    state = forms.ChoiceField(label=_("State"), choices=Review.State.choices)
    reviewer = ReviewerField(label=_("Reviewer"), required=False, max_length=150)
    rating = forms.ChoiceField(
        label=_("Rating"),
        choices=RATINGS,
        required=False,
        help_text=_("1 (poor) to 5 (excellent)."),
    )
    tags = TagsField(
        label=_("Tags"), required=False, max_length=1000, help_text=_("With commas between them.")
    )
    is_flagged = forms.BooleanField(label=_("Flagged"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, conversation: Conversation, review: Review | None, tags: list[str]) -> ReviewForm:
        """What is kept, to be changed."""
        kept = review or Review()
        reviewer = kept.reviewer.get_username() if kept.reviewer else ""
        return cls(
            initial={
                "state": kept.state,
                "reviewer": reviewer,
                "rating": kept.rating or "",
                "tags": ", ".join(tags),
                "is_flagged": kept.is_flagged,
                "seen": seen_at(conversation, review).isoformat(),
            }
        )

    def clean_seen(self) -> datetime | None:
        return moment_of(self.cleaned_data["seen"])

    def work(self) -> Work:
        """What was filled in, once it is valid."""
        filled = self.cleaned_data
        return Work(
            state=filled["state"],
            reviewer=filled["reviewer"],
            rating=int(filled["rating"]) if filled["rating"] else None,
            is_flagged=filled["is_flagged"],
            tags=filled["tags"],
        )


class NoteForm(forms.Form):
    """A remark; without words there is none."""

    text = forms.CharField(
        label=_("Note"),
        max_length=Note._meta.get_field("text").max_length,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NothingAsked(forms.Form):
    """What needs no more than a yes."""


class AssignForm(forms.Form):
    reviewer = ReviewerField(
        label=_("Reviewer"), required=False, max_length=150, help_text=_("Empty: nobody.")
    )


class TagForm(forms.Form):
    tags = TagsField(label=_("Tags"), max_length=1000, help_text=_("With commas between them."))


class StateForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), choices=Review.State.choices)


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label=_("Format"), choices=[(name, kind.label) for name, kind in BULK_FORMATS.items()]
    )
