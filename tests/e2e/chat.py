"""The chat page as a person works it and reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in
from tests.e2e.voice import give_voice

CAPITAL = "What is the capital of France?"
LEGS = "How many legs does a spider have?"
STORY = "Tell me a very long story about the sea."


def turns(page: Page, role: str) -> Locator:
    return page.locator(f'[data-testid="turn"][data-role="{role}"]')


def is_in(page: Page, state: str | re.Pattern[str]) -> None:
    """Wait until the call is in a phase of `call.js`."""
    expect(page.get_by_test_id("call")).to_have_attribute("data-state", state)


def type_in(page: Page, text: str) -> None:
    page.get_by_test_id("text-input").fill(text)
    page.get_by_test_id("send").click()


def was_answered(page: Page, answers: int) -> None:
    """Wait until the assistant has ended that many answers."""
    expect(turns(page, "assistant")).to_have_count(answers)
    expect(turns(page, "assistant").last).to_have_attribute(
        "data-status", re.compile("completed|interrupted")
    )


def start_call(page: Page) -> None:
    page.get_by_test_id("start-call").click()
    is_in(page, "listening")


def hang_up(page: Page) -> None:
    page.get_by_test_id("end-call").click()
    is_in(page, "ended")


@contextmanager
def typing(site: Site, open_browser: OpenBrowser) -> Iterator[Page]:
    """The page of somebody signed in who has no microphone."""
    with open_browser(microphone="none") as browser:
        page = new_page(browser)
        sign_in(page, site)
        yield page


@contextmanager
def calling(site: Site, open_browser: OpenBrowser) -> Iterator[Page]:
    """A call whose microphone says what the test says."""
    with open_browser(microphone="none") as browser:
        context = browser.new_context()
        give_voice(context)
        page = new_page(context)
        sign_in(page, site)
        start_call(page)
        yield page
