"""Two tabs of one user: the second watches, or takes the call over; each is told."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import is_in, turns, type_in
from tests.e2e.conftest import ANSWER_LIMIT_MS, OpenBrowser, Site, new_page, sign_in, silence

#: Three calls, one after another.
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(360)]


def watches(page: Page) -> None:
    expect(page.get_by_test_id("status")).to_contain_text("in another tab")


def ask(page: Page, text: str, answers: int) -> None:
    """Type a question, and hear its answer to the end."""
    page.bring_to_front()
    type_in(page, text)
    expect(turns(page, "assistant")).to_have_count(answers, timeout=2 * ANSWER_LIMIT_MS)
    expect(turns(page, "assistant").last).to_have_attribute(
        "data-status", re.compile("completed|interrupted"), timeout=2 * ANSWER_LIMIT_MS
    )
    is_in(page, "listening")


def test_the_second_tab_watches_then_takes_over_and_the_first_watches(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(600)) as browser:
        context = browser.new_context()
        first = new_page(context)
        sign_in(first, site)
        ask(first, "What is the capital of France?", 1)

        second = new_page(context)
        second.goto(site.url)
        watches(second)
        expect(turns(second, "user").first).to_contain_text("capital of France")
        ask(first, "How many legs does a spider have?", 2)
        expect(turns(second, "user").last).to_contain_text("How many legs")

        second.bring_to_front()
        second.get_by_test_id("continue-here").click()
        is_in(second, re.compile("listening|speaking"))
        expect(turns(second, "user")).to_have_count(2)
        is_in(first, "ended")
        expect(first.get_by_test_id("error")).to_contain_text("another tab")
        watches(first)
        ask(second, "How many days are there in a week?", 3)
        expect(turns(first, "user").last).to_contain_text("How many days")
        expect(turns(first, "user")).to_have_count(3)

        # And back again.
        first.bring_to_front()
        first.get_by_test_id("continue-here").click()
        is_in(second, "ended")
        watches(second)
        ask(first, "What is the capital of Italy?", 4)
        expect(turns(second, "user").last).to_contain_text("Italy")
        expect(turns(first, "user")).to_have_count(4)
        first.get_by_test_id("end-call").click()
        expect(second.get_by_test_id("status")).to_contain_text("has ended")


def test_a_tab_lets_go_of_a_conversation_that_another_has_deleted(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(600)) as browser:
        context = browser.new_context()
        first = new_page(context)
        sign_in(first, site)
        ask(first, "What is the capital of France?", 1)
        second = new_page(context)
        second.goto(first.url)
        watches(second)
        first.bring_to_front()
        first.get_by_test_id("end-call").click()
        expect(second.get_by_test_id("status")).to_contain_text("has ended")
        expect(turns(second, "user")).to_have_count(1)

        item = first.locator('.recent-item:has([aria-current="page"])')
        item.hover()
        item.locator('button[value="delete"]').click()
        expect(turns(second, "user")).to_have_count(0)
        expect(second.get_by_test_id("status")).to_contain_text("was deleted")
        assert "conversation=" not in second.url
        expect(turns(first, "user")).to_have_count(0)
        expect(first.get_by_test_id("status")).not_to_contain_text("was deleted")
