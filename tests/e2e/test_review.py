"""Review in a real browser: by the keyboard through a list, with names completed as they are typed,
two reviewers at once, and within the page's own rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from script.install import ROOT
from tests.axe import violations
from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in
from tests.services import free_port
from tests.test_scripts_server import serving

pytestmark = pytest.mark.xdist_group("e2e")

LIST = "/admin/chatbot/conversation/"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with conversations to review."""
    port, var = free_port(), tmp_path_factory.mktemp("review") / "var"
    with serving(var, "--port", str(port)) as process:
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        env = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        env |= {"VAR_DIR": str(var), "DATABASE_URL": "", "SECRET_KEY": "", "REDIS_URL": ""}
        command = [sys.executable, "manage.py", "makedemo", "--conversations", "120"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=env)
        yield Site(f"http://127.0.0.1:{port}", password[1], process)


@pytest.fixture
def page(demo: Site, open_browser: OpenBrowser) -> Iterator[Page]:
    with open_browser() as browser:
        page = new_page(browser.new_context() if isinstance(browser, Browser) else browser)
        sign_in(page, demo)
        yield page


def opened(page: Page, demo: Site, query: str, place: int = 0) -> list[str]:
    """Open a conversation of a list. Returns the addresses of all that the list shows."""
    page.goto(f"{demo.url}{LIST}{query}")
    links = page.locator(".field-name a")
    addresses = [link.get_attribute("href") or "" for link in links.all()]
    links.nth(place).click()
    expect(page.locator("[data-review]")).to_be_visible()
    page.wait_for_load_state()
    return addresses


def test_keys_lead_through_the_list_that_one_came_from(page: Page, demo: Site) -> None:
    addresses = opened(page, demo, "?state=unreviewed")
    for key, place in (("j", 1), ("ArrowRight", 2), ("k", 1), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        expect(page).to_have_url(demo.url + addresses[place])
        page.wait_for_load_state()
    page.keyboard.press("n")
    note = page.get_by_role("textbox", name="Note")
    expect(note).to_be_focused()
    page.keyboard.type("jk")
    expect(note).to_have_value("jk")
    expect(page).to_have_url(demo.url + addresses[0])


def test_a_review_is_kept_and_the_next_one_follows(page: Page, demo: Site) -> None:
    addresses = opened(page, demo, "?state=unreviewed")
    page.get_by_label("Tags").fill("Angry, billing")
    page.get_by_label("Rating").select_option("2")
    page.get_by_label("State").select_option("reviewed")
    page.get_by_role("button", name="Save and next").click()
    expect(page).to_have_url(demo.url + addresses[1])
    expect(page.get_by_text("The review is saved.")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.goto(demo.url + addresses[0])
    expect(page.get_by_label("Tags")).to_have_value(re.compile("Angry.*billing", re.IGNORECASE))


def test_names_are_completed_as_they_are_typed(page: Page, demo: Site) -> None:
    opened(page, demo, "")
    reviewer = page.get_by_label("Reviewer")
    reviewer.fill("adm")
    expect(page.locator('datalist option[value="admin"]')).to_be_attached()
    reviewer.fill("admin")
    page.get_by_label("Tags").fill("billing-one")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The review is saved.")).to_be_visible()
    page.get_by_label("Tags").fill("other, billing-o")
    expect(page.locator('datalist option[value="other, billing-one"]')).to_be_attached()


def test_the_second_of_two_reviewers_is_told(page: Page, demo: Site) -> None:
    opened(page, demo, "?state=unreviewed", place=3)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("State").select_option("needs_action")
    other.get_by_role("button", name="Save", exact=True).click()
    expect(other.get_by_text("The review is saved.")).to_be_visible()
    page.get_by_label("Tags").fill("mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("has changed this review meanwhile")).to_be_visible()
    expect(page.get_by_label("Tags")).to_have_value("mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The review is saved.")).to_be_visible()


def test_all_of_a_list_are_chosen_across_its_pages(page: Page, demo: Site) -> None:
    page.goto(f"{demo.url}{LIST}")
    page.locator("#action-toggle").check()
    page.get_by_role("button", name=re.compile("Select all .* conversations")).click()
    page.locator("select[name=action]").select_option("tag")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("Conversations", exact=True).last).to_be_visible()
    page.get_by_label("Tags").fill("everything")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(re.compile(r"\d+ conversations changed\."))).to_be_visible()


def test_it_fits_and_can_be_used_by_everybody(page: Page, demo: Site) -> None:
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    opened(page, demo, "")
    addresses = {"conversation": page.url, "conversations": f"{demo.url}{LIST}"}
    for name, address in addresses.items():
        page.goto(address)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert too_wide <= 0, (name, width)
    assert complaints == []
    for name, address in addresses.items():
        page.goto(address)
        assert violations(page, name) == []
