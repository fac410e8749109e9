"""The versions of a persona, for staff: what each changed, who made it, and how many calls were
held under it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from chatbot.models import Persona, PersonaVersion

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

PAGE_LENGTH = 20

#: Lines that stay as they are, above and below each change.
CONTEXT_LINES = 2

#: Values that are compared line by line.
_LONG = ("instructions", "mcp_servers")


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that a version has changed: from a value to another, or, of what is long, by
    its lines, each with a mark: "+", "-" or "" for what stays ("@" where some are left out)."""

    name: str
    before: str = ""
    after: str = ""
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A version, and what is different from the one before."""

    version: PersonaVersion
    changes: list[Change]
    is_first: bool


def versions_page(
    model_admin: ModelAdmin[Persona], request: HttpRequest, persona: Persona
) -> HttpResponse:
    """`/admin/chatbot/persona/<id>/versions/`, newest first."""
    versions = persona.versions.order_by("-number").select_related("author")
    page = Paginator(versions.annotate(call_count=Count("calls")), PAGE_LENGTH).get_page(
        request.GET.get("p")
    )
    shown = list(page.object_list)
    before = persona.versions.filter(number=shown[-1].number - 1).first() if shown else None
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": _("Versions of %(persona)s") % {"persona": persona},
        "opts": model_admin.opts,
        "persona": persona,
        "page_obj": page,
        "steps": list(steps([*shown, before])),
    }
    return TemplateResponse(request, "admin/chatbot/persona/versions.html", context)


def steps(versions: list[PersonaVersion | None]) -> Iterator[Step]:
    """Each version with what it changed; `versions` are newest first, the last is only compared
    with (None: the first of all comes before it)."""
    for version, before in pairwise(versions):
        if version is not None:
            changed = [] if before is None else changes(before.columns, version.columns)
            yield Step(version, changed, before is None)


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """The settings whose values differ, as people read them."""
    names = dict.fromkeys([*before, *after])
    return [
        _change(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _change(name: str, before: Any, after: Any) -> Change:
    title = _title(name)
    if name not in _LONG:
        return Change(title, in_words(before), in_words(after))
    old, new = (in_words(value).splitlines() for value in (before, after))
    # The first two lines are names of files.
    found = list(unified_diff(old, new, lineterm="", n=CONTEXT_LINES))[2:]
    return Change(title, lines=tuple((line[0].strip(), line[1:]) for line in found))


def _title(name: str) -> str:
    """What the form calls it; a setting of former times as it is."""
    known = {field.name: field for field in Persona._meta.concrete_fields}
    return capfirst(str(known[name].verbose_name)) if name in known else name


def in_words(value: Any) -> str:
    """A value of a version as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False, indent=2)
