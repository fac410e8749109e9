"""A call that its user has agreed to be recorded, and its recording heard again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from chatbot.realtime.audio import bytes_of
from tests.e2e.chat import hang_up, is_in, start_call
from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in
from tests.e2e.test_tools import running
from tests.e2e.voice import begin_to_say, give_voice
from tests.scripted import Session
from tests.services import free_port, wait_until
from tests.test_scripts_server import serving

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(360)]

#: What plays the recordings, for the test to look at.
PLAYERS = """
(() => {
  window.players = [];
  const Audio = window.Audio;
  window.Audio = function () {
    const player = new Audio();
    window.players.push(player);
    return player;
  };
})();
"""


@dataclass
class Recorder:
    """A site that records, and where."""

    site: Site
    files: Path


async def talk(session: Session) -> None:
    """A question of which the upstream hears 900 ms, and an answer of three seconds."""
    await session.open()
    heard = 0
    while heard < bytes_of(1500):
        event = await session.expect("input_audio_buffer.append")
        heard += len(event["audio"]) * 3 // 4
    await session.hear("What is the time?")
    await session.begin_answer("It is noon, and the sun is high.", sound_ms=3000)
    await session.end_answer("It is noon, and the sun is high.")
    await session.hold()


@pytest.fixture
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    port, var = free_port(), tmp_path_factory.mktemp("recorded") / "var"
    with (
        running(talk) as url,
        serving(
            var, "--port", str(port), env={"REALTIME_URL": url, "RECORDINGS": "true"}
        ) as process,
    ):
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        site = Site(f"http://127.0.0.1:{port}", password[1], process)
        yield Recorder(site, var / "recordings")


def noise(seconds: float) -> bytes:
    samples = np.random.default_rng(0).normal(0, 3000, round(seconds * 24_000))
    return np.clip(samples, -32_000, 32_000).astype("<i2").tobytes()


def agree(page: Page, *, yes: bool) -> None:
    """Use the switch in the settings."""
    page.get_by_test_id("settings").click()
    switch = page.get_by_role("switch", name="Record my calls")
    with page.expect_response("**/preferences/") as answer:
        switch.click()
    assert answer.value.status == 204
    expect(switch).to_be_checked(checked=yes)
    page.get_by_test_id("close-settings").click()


def held_call(page: Page, recorder: Recorder) -> None:
    """A question and its answer, recorded."""
    start_call(page)
    expect(page.get_by_test_id("recorded")).to_be_visible()
    begin_to_say(page, noise(4))
    expect(page.locator('[data-testid="turn"][data-role="assistant"]')).to_have_attribute(
        "data-status", "completed"
    )
    is_in(page, "listening")


def test_a_recorded_call_is_heard_again_turn_after_turn_with_its_words(
    recorder: Recorder, open_browser: OpenBrowser
) -> None:
    with open_browser() as browser:
        context = browser.new_context()
        give_voice(context)
        context.add_init_script(PLAYERS)
        page = new_page(context)
        sign_in(page, recorder.site)
        expect(page.get_by_test_id("recorded")).to_be_hidden()
        agree(page, yes=True)
        held_call(page, recorder)
        agree(page, yes=False)
        expect(page.get_by_test_id("recorded")).to_be_hidden()
        agree(page, yes=True)
        expect(page.get_by_test_id("recorded")).to_be_visible()
        hang_up(page)
        expect(page.get_by_test_id("recorded")).to_be_hidden()
        wait_until(lambda: len(list(recorder.files.glob("*/*.flac"))) == 2, 30)

        page.goto(f"{recorder.site.url}/history/")
        page.get_by_role("link", name="What is the time?").click()
        expect(page.get_by_test_id("replay-clock")).to_have_text("0:00 / 0:04")
        play = page.get_by_test_id("replay-all")
        play.click()
        expect(play).to_have_attribute("aria-pressed", "true")
        page.wait_for_function("() => window.players[0].currentTime > 0.3")
        answer = page.locator('[data-testid="turn"][data-role="assistant"]')
        expect(answer).to_have_class(re.compile("replayed"))
        expect(answer.locator(".said").first).to_have_text("It")
        page.keyboard.press("Escape")
        expect(page.locator(".replayed")).to_have_count(0)

        answer.get_by_test_id("replay-turn").click()
        page.wait_for_function("() => window.players[0].currentTime > 0.5")
        page.locator("h1").click()
        page.keyboard.press("Space")
        page.wait_for_function("() => window.players[0].paused")
        page.get_by_test_id("replay-position").evaluate(
            "(slider) => { slider.value = 3400; slider.dispatchEvent(new Event('input')); }"
        )
        page.wait_for_function("() => window.players[0].currentTime > 2")
        page.wait_for_function("() => window.players[0].paused")  # to its end

        for file in recorder.files.glob("*/*.flac"):
            file.write_bytes(file.read_bytes()[:100])
        other = new_page(browser.new_context(storage_state=context.storage_state()))
        other.goto(page.url)
        other.get_by_test_id("replay-all").click()
        expect(other.get_by_test_id("replay-note")).to_contain_text("cannot be played")
        expect(other.get_by_test_id("replay-turn").last).to_contain_text("missing or damaged")
