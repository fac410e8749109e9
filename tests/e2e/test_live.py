"""Staff have a conversation open in the admin while its user talks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.axe import AXE, SCHEMES
from tests.e2e.chat import CAPITAL, LEGS, type_in, was_answered
from tests.e2e.conftest import ANSWER_LIMIT_MS, OpenBrowser, Site, new_page, sign_in, silence

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]

#: The rest of the page is judged elsewhere, and the admin's own is Django's.
FAULTS = """async () => (await axe.run("#live")).violations.map(
  ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)"""
MESSAGE = "We repair the line now. Please call again at noon."


def test_staff_see_what_is_said_and_end_the_call_with_a_message(
    site: Site, open_browser: OpenBrowser
) -> None:
    with open_browser(silence(600)) as browser:
        user, staff = new_page(browser.new_context()), new_page(browser.new_context())
        sign_in(user, site)
        sign_in(staff, site)
        type_in(user, CAPITAL)
        was_answered(user, 1)
        user.wait_for_url(re.compile("conversation="))
        talk = user.url.partition("conversation=")[2]

        staff.goto(f"{site.url}/admin/chatbot/conversation/{talk}/change/")
        live = staff.locator("#live")
        expect(live).to_have_attribute("data-state", "here")
        type_in(user, LEGS)
        expect(live.locator('[data-role="user"]').last).to_contain_text("How many legs")
        expect(live.locator('[data-role="assistant"]').last).to_have_attribute(
            "data-status", re.compile("completed|interrupted"), timeout=2 * ANSWER_LIMIT_MS
        )
        live.locator("summary").click()
        staff.evaluate(AXE)
        for scheme in SCHEMES:
            staff.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert staff.evaluate(FAULTS) == []

        live.get_by_label("What its user reads").fill(MESSAGE)
        live.get_by_role("button", name="End the call").click()
        expect(user.get_by_test_id("error")).to_contain_text(MESSAGE)
        expect(user.get_by_test_id("call")).to_have_attribute("data-close", "4410")
        expect(staff.get_by_text("The call was ended, and its user told why.")).to_be_visible()
        expect(live).to_be_hidden()

        # Its user calls again, and the page that is still open shows it by itself.
        type_in(user, "And a fly?")
        expect(live).to_have_attribute("data-state", "here")
        expect(live.locator('[data-role="user"]').last).to_contain_text("And a fly?")
        user.get_by_test_id("end-call").click()
        expect(live).to_have_attribute("data-state", "over")
        staff.get_by_role("link", name="Show all of it").click()
        expect(live).to_be_hidden()
        expect(staff.locator(".review-turns")).to_contain_text("And a fly?")
