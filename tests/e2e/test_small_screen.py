"""On the smallest phone, in every language: words are whole, and all is as high as a finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import hang_up, start_call
from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in, silence

pytestmark = pytest.mark.xdist_group("e2e")

#: What one sees of a control that is cut, broken or too small to hit, as lines.
FAULTS = """
() => {
  const found = [];
  const top = document.querySelector("dialog[open], :popover-open") ?? document.body;
  const pen = document.createElement("canvas").getContext("2d");
  const lines = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  };
  for (const control of top.querySelectorAll("button, select, summary, a, label.switch")) {
    const { width, height } = control.getBoundingClientRect();
    const name = `${control.id || control.className} ${control.innerText.trim().slice(0, 30)}`;
    if (width <= 1 || !control.checkVisibility({ visibilityProperty: true })) continue;
    if (width < 43.5 || height < 43.5) found.push(`small: ${name}, ${width} x ${height}`);
    if (control.tagName !== "SELECT") {
      const isWide = control.tagName === "BUTTON" && control.scrollWidth > control.clientWidth + 1;
      if (isWide) found.push(`wide: ${name}`);
      continue;
    }
    const { font, paddingLeft } = getComputedStyle(control);
    pen.font = font;
    const { width: words } = pen.measureText(control.selectedOptions[0].text);
    if (words > control.clientWidth - parseFloat(paddingLeft)) found.push(`cut: ${name}`);
  }
  for (const heading of top.querySelectorAll("h2, kbd, .key span")) {
    if (!heading.checkVisibility() || heading.closest(".visually-hidden")) continue;
    for (const { data, parentElement } of heading.childNodes) {
      if (!data || parentElement.matches(".welcome *")) continue;
      const most = data.trim().split(/\\s+/).length;
      if (lines(heading) > most) found.push(`broken: ${data}`);
    }
  }
  const keys = [...top.querySelectorAll(".key")].filter((key) => key.checkVisibility());
  const rows = new Set(keys.map((key) => Math.round(key.getBoundingClientRect().bottom)));
  if (rows.size > 1) found.push(`keys in ${rows.size} rows`);
  return found;
}
"""


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_nothing_is_cut_broken_or_hard_to_hit(
    site: Site, open_browser: OpenBrowser, language: str
) -> None:
    found: dict[str, list[str]] = {}
    with open_browser(silence(60)) as browser:
        page = new_page(browser)
        sign_in(page, site)
        name = page.locator("html").get_attribute("lang") or "en"
        page.set_viewport_size({"width": 320, "height": 640})
        speak_in(page, language)
        try:
            found["empty"] = page.evaluate(FAULTS)
            page.get_by_test_id("settings").click()
            expect(page.get_by_test_id("settings-dialog")).to_be_visible()
            found["settings"] = page.evaluate(FAULTS)
            page.get_by_test_id("open-shortcuts").click()
            expect(page.get_by_test_id("shortcuts")).to_be_visible()
            found["shortcuts"] = page.evaluate(FAULTS)
            page.goto(site.url)
            page.locator(".menu summary").click()
            found["menu"] = page.evaluate(FAULTS)
            page.locator(".menu summary").click()
            start_call(page)
            found["call"] = page.evaluate(FAULTS)
            page.keyboard.press("Control+Shift+D")
            expect(page.get_by_test_id("debug")).to_be_visible()
            found["details"] = page.evaluate(FAULTS)
            page.keyboard.press("Control+Shift+D")
            hang_up(page)
            found["ended"] = page.evaluate(FAULTS)
        finally:
            speak_in(page, name)
    assert not any(found.values()), found


def speak_in(page: Page, language: str) -> None:
    """Choose a language in the account's menu, as a person does."""
    page.goto(page.url)
    page.locator(".menu summary").click()
    page.locator(f'.languages button[value="{language}"]').click()
    expect(page.locator("html")).to_have_attribute("lang", language)
