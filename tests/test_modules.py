"""The links by which a page's modules are fetched at once."""

from __future__ import annotations

import re

import pytest

from chatbot.templatetags.modules import imported_by, prefetch_worklets, preload_modules
from script.install import ROOT

APP = "chatbot/js/app.js"
WORKLET = "chatbot/js/worklets/capture.js"


def test_every_module_that_is_imported_anywhere_below_is_linked_once() -> None:
    names = imported_by(APP)
    assert {"chatbot/js/phone.js", "chatbot/js/transport.js", "chatbot/js/messages.js"} <= set(
        names
    )
    assert len(set(names)) == len(names)
    assert APP not in names
    assert [name for name in names if not (ROOT / "chatbot" / "static" / name).is_file()] == []


def test_a_worklet_is_linked_with_what_it_imports() -> None:
    links = prefetch_worklets(WORKLET)
    assert f'<link rel="prefetch" href="/static/{WORKLET}">' in links
    assert '<link rel="prefetch" href="/static/chatbot/js/framer.js">' in links


def test_links_are_well_formed() -> None:
    for line in preload_modules(APP).splitlines():
        assert re.fullmatch(r'<link rel="modulepreload" href="/static/chatbot/js/\w+\.js">', line)


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"There is no static file chatbot/js/absent\.js"):
        imported_by("chatbot/js/absent.js")
