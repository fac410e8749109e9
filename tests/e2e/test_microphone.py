"""A microphone that is pulled out in the middle of a call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenBrowser, Site, Speak, new_page, sign_in, silence
from tests.e2e.voice import give_voice, plug, say, unplug

pytestmark = pytest.mark.xdist_group("e2e")

CAPITAL = "What is the capital of France?"


def turns(page: Page, role: str) -> Locator:
    return page.locator(f'[data-testid="turn"][data-role="{role}"]')


def was_answered(page: Page, answers: int) -> None:
    expect(turns(page, "assistant")).to_have_count(answers)
    expect(turns(page, "assistant").last).to_have_attribute(
        "data-status", re.compile("completed|interrupted")
    )


@contextmanager
def calling(site: Site, open_browser: OpenBrowser) -> Iterator[Page]:
    with open_browser(microphone="none") as browser:
        context = browser.new_context()
        give_voice(context)
        page = new_page(context)
        sign_in(page, site)
        page.get_by_test_id("start-call").click()
        expect(page.get_by_test_id("call")).to_have_attribute("data-state", "listening")
        yield page


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
        page.get_by_test_id("text-input").fill("How many legs does a spider have?")
        page.get_by_test_id("send").click()
        was_answered(page, 1)
        plug(page)
        page.get_by_test_id("use-microphone").click()
        expect(page.get_by_test_id("use-microphone")).to_be_hidden()
        say(page, silence(0.2) + speak(CAPITAL) + silence(1))
        expect(turns(page, "user").last).to_contain_text("capital of France")
        was_answered(page, 2)
