"""One's own words in a real browser: out as files, and gone for good with the account."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.e2e.chat import CAPITAL, is_in, type_in, was_answered
from tests.e2e.conftest import ANSWER_LIMIT_MS, OpenBrowser, Site

pytestmark = pytest.mark.xdist_group("e2e")

PASSWORD = "a-long-way-to-tipperary"


def sign_up(page: Page, site: Site, name: str) -> None:
    page.goto(f"{site.url}/accounts/signup/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url(f"{site.url}/")


def test_a_person_takes_their_words_along_and_goes(
    site: Site, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    with open_browser(microphone="none") as browser:
        context = browser.new_context(timezone_id="Asia/Tokyo", locale="en")
        context.set_default_timeout(ANSWER_LIMIT_MS)
        call, page = context.new_page(), context.new_page()
        sign_up(call, site, "dolores")
        type_in(call, CAPITAL)
        was_answered(call, 1)
        found = re.search("conversation=([0-9a-f-]+)", call.url)
        assert found
        page.goto(f"{site.url}/history/{found[1]}/")

        text = exported(page, "Text", tmp_path).read_text()
        assert f"You: {CAPITAL}\n" in text
        assert "Time zone: Asia/Tokyo\n" in text
        with ZipFile(exported(page, "ZIP", tmp_path)) as archive:
            assert archive.testzip() is None
            assert "conversation.vtt" in archive.namelist()
        assert violations(page, "the menu of exports") == []

        page.goto(f"{site.url}/account/data/")
        with page.expect_download() as everything:
            page.get_by_test_id("download-everything").click()
        with ZipFile(everything.value.path()) as archive:
            assert archive.testzip() is None
            assert "account.json" in archive.namelist()
        assert violations(page, "the page of one's data") == []

        is_in(call, re.compile("listening|thinking|speaking"))
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Delete my account").click()
        expect(page.get_by_text("Your account is deleted")).to_be_visible()
        is_in(call, re.compile("ended|error"))
        call.goto(f"{site.url}/history/")
        expect(call).to_have_url(re.compile("/accounts/login/"))


def exported(page: Page, name: str, folder: Path) -> Path:
    """What the menu's entry of that name gives."""
    menu = page.get_by_test_id("export")
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    with page.expect_download() as download:
        menu.get_by_role("link", name=name).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path
