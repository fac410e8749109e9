"""The overview of the admin in a real browser: charts are drawn, within the page's own rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from script.install import ROOT
from tests.axe import violations
from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in
from tests.services import free_port
from tests.test_scripts_server import serving

pytestmark = pytest.mark.xdist_group("e2e")

CHARTS = 8
DRAWN = """
() => [...document.querySelectorAll("canvas[data-chart]")].filter((canvas) =>
  canvas.width > 0 && canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)).length
"""
#: The colour that is most of the drawing.
COLOURS = """
() => {
  const canvas = document.querySelector("canvas[data-chart=calls]");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 255) continue;
    const colour = data.slice(at, at + 3).join();
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return [...counts].sort((one, other) => other[1] - one[1])[0][0];
}
"""
#: The middle of the longest bar: the widest row of pixels in the colour of the bars.
BAR = """
() => {
  const canvas = document.querySelector("canvas[data-chart=failures]");
  const style = getComputedStyle(document.documentElement).getPropertyValue("--chart-1").trim();
  const wanted = [1, 3, 5].map((at) => parseInt(style.slice(at, at + 2), 16)).join();
  const { data, width, height } = canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height);
  let best = { count: 0 };
  for (let y = 0; y < height; y += 1) {
    const row = [...Array(width).keys()].filter((x) => {
      const at = 4 * (y * width + x);
      return data.slice(at, at + 3).join() === wanted;
    });
    if (row.length > best.count) best = { count: row.length, x: row[row.length >> 1], y: y + 3 };
  }
  const scale = canvas.clientWidth / width;
  return [best.x * scale, best.y * scale];
}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with conversations of a year."""
    port, var = free_port(), tmp_path_factory.mktemp("demo") / "var"
    with serving(var, "--port", str(port)) as process:
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        env = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        env |= {"VAR_DIR": str(var), "DATABASE_URL": "", "SECRET_KEY": "", "REDIS_URL": ""}
        command = [sys.executable, "manage.py", "makedemo", "--conversations", "300"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=env)
        yield Site(f"http://127.0.0.1:{port}", password[1], process)


@pytest.fixture
def page(demo: Site, open_browser: OpenBrowser) -> Iterator[Page]:
    """The overview of the last 90 days, before a member of staff."""
    with open_browser(microphone="none") as browser:
        page = new_page(browser)
        sign_in(page, demo)
        yield page


def of_ours(found: list[str]) -> list[str]:
    """Django's own trail of links at the top tells them from text by colour alone."""
    return [line for line in found if ".breadcrumbs" not in line]


def test_charts_are_drawn_from_our_own_host_alone(demo: Site, page: Page) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    answer = page.goto(f"{demo.url}/admin/overview/?days=90")
    assert answer
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    assert "unsafe" not in policy
    page.wait_for_function(f"({DRAWN})() === {CHARTS}")
    assert any("chartkick/Chart.bundle" in url for url in asked)
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(demo.url).netloc}
    assert complaints == []


def test_they_follow_the_theme_and_each_has_its_table(demo: Site, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{demo.url}/admin/overview/?days=90")
    page.wait_for_function(f"({DRAWN})() === {CHARTS}")
    light = page.evaluate(COLOURS)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(light) => ({COLOURS})() !== light", arg=light)
    assert of_ours(violations(page, "overview")) == []
    for summary in page.get_by_text("As a table").all():
        summary.click()
    assert of_ours(violations(page, "overview with tables")) == []
    tables = page.locator(".overview-table table")
    expect(tables).to_have_count(CHARTS)
    tables.first.locator("tbody a").first.click()
    page.wait_for_url("**/admin/chatbot/conversation/?figure=calls**")
    expect(page.get_by_text("By figure of the overview")).to_be_visible()


def test_it_fits_a_phone_and_a_bar_leads_to_its_list(demo: Site, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{demo.url}/admin/overview/?days=90")
    page.wait_for_function(f"({DRAWN})() === {CHARTS}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    x, y = page.evaluate(BAR)
    page.locator("canvas[data-chart=failures]").click(position={"x": x, "y": y})
    page.wait_for_url(re.compile(r"/admin/chatbot/conversation/\?figure=(turn|call)"))


def test_without_scripts_there_are_the_tables(demo: Site, open_browser: OpenBrowser) -> None:
    with open_browser(microphone="none") as browser:
        signed_in = new_page(browser)
        sign_in(signed_in, demo)
        context = browser.new_context(
            java_script_enabled=False, storage_state=signed_in.context.storage_state()
        )
        page = new_page(context)
        page.goto(f"{demo.url}/admin/overview/?days=90")
        expect(page.locator("canvas").first).to_be_hidden()
        page.get_by_text("As a table").first.click()
        expect(page.locator(".overview-table table").first).to_be_visible()
