"""The whole way, as a person goes it: sign in, speak, hear, interrupt, type, read it again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import CAPITAL, LEGS, STORY, hang_up, is_in, turns, type_in, typing
from tests.e2e.conftest import OpenBrowser, Site, Speak, new_page, sign_in, silence

pytestmark = pytest.mark.xdist_group("e2e")

STOP = "Please stop the story now"


def heard_sound(page: Page) -> None:
    """Sound really comes out of the page's playback: its level, measured there, is over 0.01."""
    audible = re.compile(r"^(0\.0[1-9]|0\.[1-9]|1)")
    expect(page.get_by_test_id("voice")).to_have_attribute("data-output-level", audible)


def test_two_questions_are_spoken_one_is_typed_and_staff_read_it_all(
    site: Site, speak: Speak, open_browser: OpenBrowser
) -> None:
    sound = silence(1) + speak(CAPITAL) + silence(14) + speak(STORY) + silence(9) + speak(STOP)
    with open_browser(sound + silence(60)) as browser:
        context = browser.new_context()
        page = new_page(context)
        sign_in(page, site)
        watching = new_page(context)
        watching.goto(site.url)

        page.bring_to_front()
        page.get_by_test_id("start-call").click()
        expect(turns(page, "user").first).to_contain_text("capital of France")
        heard_sound(page)
        expect(turns(page, "assistant").first).to_contain_text(re.compile(r"\w+"))

        expect(turns(page, "user").nth(1)).to_contain_text("story about the sea")
        story = turns(page, "assistant").nth(1)
        expect(story).to_contain_text(re.compile(r"\w+ \w+"))
        heard_sound(page)
        expect(story).to_have_attribute("data-status", "interrupted")
        expect(turns(page, "user").nth(2)).to_contain_text("stop the story")

        # The other tab, whichever worker it is on, has seen the words as they came.
        expect(turns(watching, "user").nth(1)).to_contain_text("story about the sea")
        expect(turns(watching, "assistant").nth(1)).to_have_attribute("data-status", "interrupted")

        type_in(page, LEGS)
        expect(turns(page, "user").last).to_contain_text("How many legs")
        expect(turns(page, "assistant").last).to_have_attribute(
            "data-status", re.compile("completed|interrupted")
        )
        answer = turns(page, "assistant").last.locator(".turn-text").inner_text()
        hang_up(page)

        page.goto(f"{site.url}/history/")
        page.get_by_role("main").get_by_role(
            "link", name=re.compile("capital of France")
        ).first.click()
        expect(turns(page, "user").first).to_contain_text("capital of France")
        expect(page.get_by_text(answer.split(".")[0]).first).to_be_visible()

        page.goto(f"{site.url}/admin/chatbot/conversation/?q=spider")
        page.get_by_role("link", name=re.compile("capital of France")).first.click()  # the newest
        transcript = page.locator(".review-turn")
        expect(transcript.first).to_contain_text("capital of France")
        expect(transcript.nth(2)).to_contain_text("story about the sea")
        expect(transcript.nth(3)).to_have_attribute("data-status", "interrupted")
        expect(page.locator(".review-turns")).to_contain_text("How many legs")


def test_the_button_interrupts_and_the_page_falls_silent(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(60)) as browser:
        page = new_page(browser)
        sign_in(page, site)
        type_in(page, STORY)
        heard_sound(page)
        page.get_by_test_id("interrupt").click()
        is_in(page, "listening")
        expect(page.get_by_test_id("voice")).to_have_attribute(
            "data-output-level", re.compile(r"^0(\.00*)?$")
        )
        expect(turns(page, "assistant").last).to_have_attribute("data-status", "interrupted")


def test_a_tab_with_another_conversation_is_told_of_the_call_and_keeps_its_own(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(60)) as browser:
        context = browser.new_context()
        page = new_page(context)
        sign_in(page, site)
        type_in(page, CAPITAL)
        expect(turns(page, "assistant").first).to_have_attribute("data-status", "completed")
        hang_up(page)
        other = new_page(context)
        other.goto(site.url)
        type_in(other, "How many days are there in a week?")
        expect(turns(other, "assistant").first).to_have_attribute("data-status", "completed")
        expect(page.get_by_test_id("status")).to_contain_text("in another conversation")
        expect(turns(page, "user")).to_have_count(1)
        expect(turns(page, "user").first).to_contain_text("capital of France")


def test_without_a_microphone_the_page_says_so_and_typing_works(
    site: Site, open_browser: OpenBrowser
) -> None:
    with typing(site, open_browser) as page:
        page.get_by_test_id("start-call").click()
        expect(page.get_by_test_id("error")).to_contain_text("microphone")
        type_in(page, CAPITAL)
        expect(turns(page, "assistant").first).to_have_attribute("data-status", "completed")
        heard_sound(page)


def test_a_refused_microphone_is_a_sentence_and_typing_works(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(microphone="refused") as browser:
        page = new_page(browser.new_context(permissions=[]))
        sign_in(page, site)
        page.get_by_test_id("start-call").click()
        expect(page.get_by_test_id("error")).to_contain_text("microphone")
        type_in(page, "Hello.")
        expect(turns(page, "assistant").first).to_contain_text(re.compile(r"\w+"))


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_its_window(
    site: Site, open_browser: OpenBrowser, width: int, scheme: str
) -> None:
    with open_browser() as browser:
        page = new_page(
            browser.new_context(
                viewport={"width": width, "height": 800},
                color_scheme="dark" if scheme == "dark" else "light",
            )
        )
        for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
            page.goto(site.url + path)
            assert overflow(page) <= 0, path
        sign_in(page, site)
        for path in ("/", "/history/", "/accounts/password/change/", "/nowhere/"):
            page.goto(site.url + path)
            assert overflow(page) <= 0, path


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide
