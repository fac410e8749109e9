"""A whole site with the real engine, and a real browser with a microphone that we speak into."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chatbot.realtime.audio import bytes_of
from chatbot.wav import write_speech
from tests.services import Process, free_port, wait_until
from tests.test_scripts_server import serving

#: Two cores may be busy with the other half of the suite.
ANSWER_LIMIT_MS = 60_000

Speak = Callable[[str], bytes]


@dataclass
class Site:
    """A running `script/server` and its admin."""

    url: str
    password: str
    process: Process


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three workers behind one address, a private Redis, and the engine, ready to talk."""
    port = free_port()
    var = tmp_path_factory.mktemp("site") / "var"
    words = ("--port", str(port), "--workers", "3")
    with serving(var, *words, env={"REALTIME_URL": ""}) as process:
        wait_until(lambda: "ready in" in process.output(), 120)
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        yield Site(f"http://127.0.0.1:{port}", password[1], process)


@pytest.fixture(scope="session")
def speak() -> Speak:
    """Turns words into 24 kHz speech, with the engine's own voice."""
    from hibari import Hibari

    voice = Hibari()

    def spoken(text: str) -> bytes:
        samples = np.clip(np.asarray(voice(text, seed=0)), -1, 1)
        pcm: bytes = (samples * 32767).astype("<i2").tobytes()
        return pcm

    return spoken


def silence(seconds: float) -> bytes:
    return bytes(bytes_of(round(seconds * 1000)))


OpenBrowser = Callable[..., AbstractContextManager[Browser]]


@pytest.fixture
def open_browser(chromium_path: Path, tmp_path: Path) -> OpenBrowser:
    """Opens Chromium; its microphone says `sound` once, from the moment it is first used."""

    @contextmanager
    def opened(sound: bytes = b"", microphone: str = "granted") -> Iterator[Browser]:
        arguments = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=user-gesture-required"]
        if microphone != "none":
            arguments.append("--use-fake-device-for-media-stream")
        if microphone == "granted":
            arguments.append("--use-fake-ui-for-media-stream")
        if sound:
            path = tmp_path / "microphone.wav"
            write_speech(path, sound)
            arguments.append(f"--use-file-for-fake-audio-capture={path}%noloop")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(chromium_path), args=arguments)
            yield browser
            browser.close()

    return opened


def new_page(browser: Browser | BrowserContext) -> Page:
    """A page that is given the time that a busy machine needs."""
    page = browser.new_page()
    page.set_default_timeout(ANSWER_LIMIT_MS)
    expect.set_options(timeout=ANSWER_LIMIT_MS)
    return page


def sign_in(page: Page, site: Site, username: str = "admin", password: str | None = None) -> None:
    """Sign in by the form, as a person does."""
    page.goto(site.url)
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password or site.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/")
