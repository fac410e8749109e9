"""Lets the browser fetch all ES modules of a page at once, not one import after the other."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from posixpath import dirname, join, normpath

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

IMPORTED = re.compile(r'^(?:import|export|\})[^"\n]*"(\.[^"]+)";', re.MULTILINE)

register = template.Library()


@register.simple_tag
def preload_modules(*entries: str) -> SafeString:
    """A link for each entry, a static file's name, and for each module that one imports.

    Audio worklets too: they are fetched again when a call starts, and then are at hand.
    """
    names = dict.fromkeys(name for entry in entries for name in (entry, *imported_by(entry)))
    link = '<link rel="modulepreload" href="{}">'
    return format_html_join("\n", link, ((static(name),) for name in names))


@functools.cache
def imported_by(entry: str) -> tuple[str, ...]:
    """Names of all modules that it imports, directly or not, each once."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        path = finders.find(name)
        if path is None:
            raise ValueError(f"There is no static file {name}.")
        for relative in IMPORTED.findall(Path(path).read_text()):
            module = normpath(join(dirname(name), relative))
            if module not in found and module != entry:
                found[module] = None
                waiting.append(module)
    return tuple(found)
