"""What a person sees when a call cannot be: a sentence, soon, and a way on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in, silence
from tests.services import free_port, wait_until
from tests.test_scripts_server import named, serving

pytestmark = pytest.mark.xdist_group("e2e")


@pytest.fixture(scope="module")
def mute_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose voice service is not there."""
    port = free_port()
    with serving(tmp_path_factory.mktemp("mute") / "var", "--port", str(port)) as process:
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        yield Site(f"http://127.0.0.1:{port}", password[1], process)


def test_an_unreachable_voice_service_is_said_and_can_be_tried_again(
    mute_site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(30)) as browser:
        page = new_page(browser)
        sign_in(page, mute_site)
        for _ in range(2):
            began = time.monotonic()
            page.get_by_test_id("start-call").click()
            expect(page.get_by_test_id("call")).to_have_attribute("data-state", "error")
            expect(page.get_by_test_id("error")).to_contain_text(
                "The voice service cannot be reached. Try again in a moment."
            )
            assert time.monotonic() - began < 2
            expect(page.get_by_test_id("start-call")).to_contain_text("Call again")


def test_somebody_signed_out_meanwhile_is_told_to_sign_in(
    mute_site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(30)) as browser:
        page = new_page(browser)
        sign_in(page, mute_site)
        page.context.clear_cookies()
        page.get_by_test_id("start-call").click()
        expect(page.get_by_test_id("error")).to_contain_text("You are not signed in.")
        expect(page.get_by_test_id("error").get_by_role("link", name="Sign in")).to_be_visible()


def test_a_call_outlives_the_voice_engine(site: Site, open_browser: OpenBrowser) -> None:
    with open_browser(silence(60)) as browser:
        page = new_page(browser)
        sign_in(page, site)
        page.get_by_test_id("text-input").fill("What is the capital of France?")
        page.get_by_test_id("send").click()
        answers = page.locator('[data-testid="turn"][data-role="assistant"]')
        expect(answers.first).to_have_attribute("data-status", "completed")
        wait_until(lambda: named(site.process, "chatbot.engine"))
        named(site.process, "chatbot.engine")[0].kill()
        expect(page.get_by_test_id("status")).to_contain_text("Go on speaking")
        page.get_by_test_id("text-input").fill("How many days are there in a week?")
        page.get_by_test_id("send").click()
        expect(answers.nth(1)).to_have_attribute("data-status", "completed")
        expect(page.get_by_test_id("error")).to_be_hidden()
