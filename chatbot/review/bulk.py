"""Work on many conversations at once. Each kind asks on a page of its own first, which says how
many there are; nothing of it loads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import url_has_allowed_host_and_scheme as is_of_this_site
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chatbot import erasing, exports, holding, reviewing
from chatbot.addresses import address_of
from chatbot.models import Conversation, Recording, User
from chatbot.review.forms import AssignForm, ExportForm, NothingAsked, StateForm, TagForm, moment_of
from chatbot.rights import Right

Conversations = QuerySet[Conversation]
#: Does it to these, with what was filled in: an answer, or a sentence on what was done.
Apply = Callable[[HttpRequest, Conversations, dict[str, Any]], HttpResponseBase | str]


@dataclass(frozen=True, slots=True)
class Bulk:
    """One kind of work on many. `warning` is what cannot be undone."""

    label: Any
    right: Right
    button: Any
    form: type[forms.Form]
    apply: Apply
    warning: Any = ""


def _by(request: HttpRequest) -> User:
    return cast("User", request.user)


def _changed(count: int) -> str:
    text = ngettext("%(count)d conversation changed.", "%(count)d conversations changed.", count)
    return text % {"count": count}


def _assign(request: HttpRequest, rows: Conversations, filled: dict[str, Any]) -> str:
    by, address = _by(request), address_of(request)
    return _changed(reviewing.assign(rows, filled["reviewer"], by, address))


def _tag(request: HttpRequest, rows: Conversations, filled: dict[str, Any]) -> str:
    return _changed(reviewing.tag(rows, filled["tags"], _by(request), address_of(request)))


def _set_state(request: HttpRequest, rows: Conversations, filled: dict[str, Any]) -> str:
    return _changed(reviewing.set_state(rows, filled["state"], _by(request), address_of(request)))


def _export(request: HttpRequest, rows: Conversations, filled: dict[str, Any]) -> HttpResponseBase:
    return exports.conversations_download(request, rows, filled["format"])


def _hold(request: HttpRequest, rows: Conversations, filled: dict[str, Any]) -> str:
    return _changed(holding.hold(rows, _by(request), address_of(request)))


def _release(request: HttpRequest, rows: Conversations, filled: dict[str, Any]) -> str:
    return _changed(holding.release(rows, _by(request), address_of(request)))


def _erase(request: HttpRequest, rows: Conversations, filled: dict[str, Any]) -> str:
    return erased_text(erasing.erase(rows, _by(request), address_of(request)))


def erased_text(erased: erasing.Erased) -> str:
    """What was erased, and what was not."""
    count = erased.conversations
    text = ngettext("%(count)d conversation erased.", "%(count)d conversations erased.", count)
    told = text % {"count": count}
    if erased.held:
        text = ngettext(
            "%(count)d is held, and stays.", "%(count)d are held, and stay.", erased.held
        )
        told = f"{told} {text % {'count': erased.held}}"
    return told


ERASING_WARNING = _(
    "What was said, recordings, notes and event logs go for good. "
    "What it cost stays counted, of nobody. Conversations that are held stay."
)

KINDS = {
    "assign": Bulk(_("Assign to a reviewer"), Right.REVIEW, _("Assign"), AssignForm, _assign),
    "tag": Bulk(_("Add tags"), Right.REVIEW, _("Add"), TagForm, _tag),
    "set_state": Bulk(_("Set the state of review"), Right.REVIEW, _("Set"), StateForm, _set_state),
    "export": Bulk(_("Export"), Right.EXPORT, _("Export"), ExportForm, _export),
    "hold": Bulk(_("Hold"), Right.HOLD, _("Hold"), NothingAsked, _hold),
    "release": Bulk(_("Release the hold"), Right.HOLD, _("Release"), NothingAsked, _release),
    "erase": Bulk(_("Erase"), Right.ERASE, _("Erase"), NothingAsked, _erase, ERASING_WARNING),
}


def work_on(
    site: admin.AdminSite, name: str, request: HttpRequest, chosen: Conversations
) -> HttpResponseBase | None:
    """The page that asks, or what follows from its answer (None: back to the list).

    What began after the page was shown was not counted there, and is left alone.
    """
    kind = KINDS[name]
    back = request.POST.get("back", "")
    back = back if is_of_this_site(back, None) else ""
    is_answer = "apply" in request.POST
    until = moment_of(request.POST.get("until", "")) if is_answer else None
    until = until or timezone.now()
    rows = chosen.filter(created_at__lte=until)
    form = kind.form(request.POST if is_answer else None)
    if is_answer and form.is_valid():
        done = kind.apply(request, rows, form.cleaned_data)
        if isinstance(done, HttpResponseBase):
            return done
        messages.success(request, done)
        return HttpResponseRedirect(back) if back else None
    context = {
        **site.each_context(request),
        "title": kind.label,
        "opts": Conversation._meta,
        "kind": kind,
        "form": form,
        "counts": counts_of(rows, is_thorough=name == "erase"),
        "until": until.isoformat(),
        "back": back,
        "again": [
            ("action", name),
            ("select_across", request.POST.get("select_across", "0")),
            *((ACTION_CHECKBOX_NAME, each) for each in _chosen(request)),
        ],
    }
    return TemplateResponse(request, "admin/chatbot/conversation/bulk.html", context)


def counts_of(rows: Conversations, *, is_thorough: bool = False) -> list[tuple[str, str]]:
    """What is about to be changed, in words and numbers."""
    found = rows.order_by().aggregate(
        conversations=Count("pk"), turns=Sum("turn_count"), held=Count("pk", filter=Q(is_held=True))
    )
    counts = [(gettext("Conversations"), found["conversations"])]
    if is_thorough:
        recordings = Recording.objects.filter(turn__conversation__in=rows.order_by().values("pk"))
        counts += [
            (gettext("Turns"), found["turns"] or 0),
            (gettext("Recordings"), recordings.count()),
            (gettext("Held, so they stay"), found["held"]),
        ]
    return [
        (what, number_format(count, use_l10n=True, force_grouping=True)) for what, count in counts
    ]


def _chosen(request: HttpRequest) -> list[str]:
    """The rows by name; of all across pages, one stands for the others."""
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    return chosen[:1] if request.POST.get("select_across") == "1" else chosen
