"""Push-to-talk, as a person does it: hold the space bar or the button, speak, let go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import CAPITAL, LEGS, STORY, calling, is_in, turns, type_in, was_answered
from tests.e2e.conftest import OpenBrowser, Site, Speak, silence
from tests.e2e.voice import plug, say, unplug

#: Two questions, one after another.
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(240)]


@contextmanager
def holding(site: Site, open_browser: OpenBrowser) -> Iterator[Page]:
    """A call in which one holds a button to talk."""
    with calling(site, open_browser) as page:
        page.get_by_test_id("mode").click()
        expect(page.get_by_test_id("talk")).to_be_visible()
        yield page


def test_a_turn_is_what_is_said_while_the_button_is_held(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    with holding(site, open_browser) as page:
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
    with holding(site, open_browser) as page:
        type_in(page, STORY)
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
    with holding(site, open_browser) as page:
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
    with holding(site, open_browser) as page:
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


def test_the_page_says_what_to_do_in_each_way_to_talk(
    site: Site, open_browser: OpenBrowser
) -> None:
    with calling(site, open_browser) as page:
        call, mute, mode = (page.get_by_test_id(name) for name in ("call", "mute", "mode"))

        def says(status: str, *hints: str) -> None:
            expect(page.get_by_test_id("status")).to_have_text(status)
            shown = page.locator(".key-hints span:visible")
            expect(shown).to_have_text([*hints, "Esc interrupt", "? all shortcuts"])

        says("Listening", "M mute")
        mute.click()
        says("You are muted", "M mute")
        mode.click()
        says("You are muted", "M mute")
        page.keyboard.press("m")
        says("Hold the button, or the space bar, and speak", "M mute", "Space hold to talk")
        mode.click()
        says("Listening", "M mute")
        unplug(page, is_last=True)
        says("Connected. Type a message.")
        page.keyboard.press("m")
        mode.click()
        says("Connected. Type a message.", "Space hold to talk")
        expect(call).to_have_attribute("data-muted", "false")
        plug(page)
        page.get_by_test_id("use-microphone").focus()
        page.keyboard.press("Enter")
        expect(mute).to_be_focused()
        says("Hold the button, or the space bar, and speak", "M mute", "Space hold to talk")
