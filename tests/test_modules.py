"""The links by which a page's modules are fetched at once."""

from __future__ import annotations

import re

import pytest

from chatbot.templatetags.modules import imported_by, preload_modules
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


def test_each_entry_and_what_it_imports_is_linked_once() -> None:
    lines = preload_modules(APP, WORKLET).splitlines()
    for line in lines:
        assert re.fullmatch(
            r'<link rel="modulepreload" href="/static/chatbot/js/[\w/]+\.js">', line
        )
    assert len(set(lines)) == len(lines)
    told = "".join(lines)
    assert all(f'"/static/{name}"' in told for name in (APP, WORKLET, "chatbot/js/framer.js"))


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"There is no static file chatbot/js/absent\.js"):
        imported_by("chatbot/js/absent.js")
