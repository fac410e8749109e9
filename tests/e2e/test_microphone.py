"""A microphone that is pulled out in the middle of a call."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.chat import CAPITAL, LEGS, calling, turns, type_in, was_answered
from tests.e2e.conftest import OpenBrowser, Site, Speak, silence
from tests.e2e.voice import plug, say, unplug

pytestmark = pytest.mark.xdist_group("e2e")


def test_the_call_goes_on_with_another_microphone(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as page:
        unplug(page, is_last=False)
        expect(page.get_by_test_id("error")).to_contain_text("goes on with another one")
        say(page, silence(0.2) + speak(CAPITAL) + silence(1))
        expect(turns(page, "user").first).to_contain_text("capital of France")
        was_answered(page, 1)


def test_without_another_one_typing_goes_on_until_it_is_plugged_in_again(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as page:
        unplug(page, is_last=True)
        expect(page.get_by_test_id("error")).to_contain_text("disconnected")
        expect(page.get_by_test_id("use-microphone")).to_be_visible()
        type_in(page, LEGS)
        was_answered(page, 1)
        plug(page)
        page.get_by_test_id("use-microphone").click()
        expect(page.get_by_test_id("use-microphone")).to_be_hidden()
        say(page, silence(0.2) + speak(CAPITAL) + silence(1))
        expect(turns(page, "user").last).to_contain_text("capital of France")
        was_answered(page, 2)
