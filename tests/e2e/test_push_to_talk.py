"""Push-to-talk, as a person does it: hold the space bar or the button, speak, let go."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenBrowser, Site, Speak, new_page, sign_in, silence
from tests.e2e.voice import give_voice, say

#: Two questions, one after another.
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(240)]

CAPITAL = "What is the capital of France?"
LEGS = "How many legs does a spider have?"


def turns(page: Page, role: str) -> Locator:
    return page.locator(f'[data-testid="turn"][data-role="{role}"]')


def is_in(page: Page, state: str) -> None:
    expect(page.get_by_test_id("call")).to_have_attribute("data-state", state)


def was_answered(page: Page, answers: int) -> None:
    expect(turns(page, "assistant")).to_have_count(answers)
    expect(turns(page, "assistant").last).to_have_attribute(
        "data-status", re.compile("completed|interrupted")
    )


def test_a_turn_is_what_is_said_while_the_button_is_held(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with open_browser(microphone="none") as browser:
        context = browser.new_context()
        give_voice(context)
        page = new_page(context)
        sign_in(page, site)
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        page.get_by_test_id("mode").click()
        expect(page.get_by_test_id("talk")).to_be_visible()
        expect(page.get_by_test_id("call")).to_have_attribute("data-mode", "push-to-talk")

        # Nobody holds it: what is said is nobody's business.
        say(page, speak(LEGS) + silence(1))
        page.keyboard.down("Space")
        is_in(page, "hearing")
        # No silence at the end: it is the release that ends the turn.
        say(page, silence(0.2) + speak(CAPITAL))
        page.keyboard.up("Space")
        expect(turns(page, "user").first).to_contain_text("capital of France")
        was_answered(page, 1)
        expect(turns(page, "user")).to_have_count(1)

        page.get_by_test_id("talk").hover()
        page.mouse.down()
        is_in(page, "hearing")
        say(page, silence(0.2) + speak(LEGS))
        page.mouse.up()
        expect(turns(page, "user").last).to_contain_text("legs")
        was_answered(page, 2)
        expect(turns(page, "user")).to_have_count(2)


def test_holding_the_button_silences_the_answer(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with open_browser(microphone="none") as browser:
        context = browser.new_context()
        give_voice(context)
        page = new_page(context)
        sign_in(page, site)
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        page.get_by_test_id("mode").click()
        expect(page.get_by_test_id("talk")).to_be_visible()
        page.get_by_test_id("text-input").fill("Tell me a very long story about the sea.")
        page.get_by_test_id("send").click()
        is_in(page, "speaking")
        page.get_by_test_id("talk").hover()
        page.mouse.down()
        is_in(page, "hearing")
        expect(turns(page, "assistant").first).to_have_attribute("data-status", "interrupted")
        say(page, silence(0.2) + speak(CAPITAL))
        page.mouse.up()
        expect(turns(page, "user").last).to_contain_text("capital of France")
        was_answered(page, 2)


def test_a_slip_of_the_hand_says_nothing(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with open_browser(microphone="none") as browser:
        context = browser.new_context()
        give_voice(context)
        page = new_page(context)
        sign_in(page, site)
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        page.get_by_test_id("mode").click()
        expect(page.get_by_test_id("talk")).to_be_visible()
        page.evaluate(
            """() => {
              const key = { key: " ", code: "Space", bubbles: true, cancelable: true };
              document.body.dispatchEvent(new KeyboardEvent("keydown", key));
              document.body.dispatchEvent(new KeyboardEvent("keyup", key));
            }"""
        )
        is_in(page, "listening")
        page.keyboard.down("Space")
        is_in(page, "hearing")
        say(page, silence(0.2) + speak(CAPITAL))
        page.keyboard.up("Space")
        was_answered(page, 1)
        expect(turns(page, "user")).to_have_count(1)


def test_a_press_without_a_word_asks_nothing(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with open_browser(microphone="none") as browser:
        context = browser.new_context()
        give_voice(context)
        page = new_page(context)
        sign_in(page, site)
        page.get_by_test_id("start-call").click()
        is_in(page, "listening")
        page.get_by_test_id("mode").click()
        expect(page.get_by_test_id("talk")).to_be_visible()
        page.keyboard.down("Space")
        is_in(page, "hearing")
        say(page, silence(1))
        page.keyboard.up("Space")
        expect(page.get_by_test_id("error")).to_contain_text("Nothing was heard.")
        is_in(page, "listening")

        # Had the silence asked for an answer, there would be one more than this.
        page.keyboard.down("Space")
        expect(page.get_by_test_id("error")).to_be_hidden()
        say(page, silence(0.2) + speak(CAPITAL))
        page.keyboard.up("Space")
        expect(turns(page, "user").first).to_contain_text("capital of France")
        was_answered(page, 1)
        expect(turns(page, "user")).to_have_count(1)
        expect(page.get_by_test_id("error")).to_be_hidden()
