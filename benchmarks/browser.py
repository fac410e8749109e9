"""What a benchmark of the page stands on: a whole site, and Chromium that measures from within."""

from __future__ import annotations

import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hibari import Hibari
from playwright.sync_api import Browser, Page, sync_playwright

from chatbot.realtime.audio import bytes_of
from chatbot.wav import write_speech
from script.install import chromium
from tests.services import Process, free_port, wait_until
from tests.test_scripts_server import serving

FOLDER = Path(__file__).parent
LIMIT_MS = 60_000
PASSWORD = "long-enough-for-a-benchmark"  # noqa: S105 - of an account that lives as long as the run
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@contextmanager
def site(upstream_url: str = "", workers: int = 1) -> Iterator[tuple[str, Process]]:
    """The address of a running `script/server`, with the engine unless an upstream is named."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="colloquy-page-") as folder:
        env = {"REALTIME_URL": upstream_url, "ADMIN_PASSWORD": PASSWORD, "OPENAI_API_KEY": ""}
        words = ("--port", str(port), "--workers", str(workers))
        with serving(Path(folder) / "var", *words, env=env) as process:
            if not upstream_url:
                wait_until(lambda: "ready in" in process.output(), 120)
            yield f"http://127.0.0.1:{port}", process


@contextmanager
def browser(microphone: Path | None = None) -> Iterator[Browser]:
    """Chromium; its microphone says the WAV file once, from the moment it is first used."""
    flags = [*FLAGS]
    if microphone:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(chromium()), args=flags)
        yield opened
        opened.close()


def chat_page(browser: Browser, url: str, *scripts: str) -> Page:
    """The chat page, signed in; before its own scripts it runs these of this folder."""
    page = browser.new_context(bypass_csp=True).new_page()
    page.set_default_timeout(LIMIT_MS)
    for script in scripts:
        page.add_init_script(f"({(FOLDER / script).read_text()})()")
    page.goto(url)
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
    page.wait_for_load_state("networkidle")
    return page


def until(page: Page, state: str) -> None:
    """Return once the call is in this state."""
    page.wait_for_selector(f"#call[data-state={state}]")


def say(page: Page, text: str) -> None:
    """Type it and send it."""
    page.get_by_test_id("text-input").fill(text)
    page.get_by_test_id("text-input").press("Enter")


def in_base64(wav: Path) -> str:
    return b64encode(wav.read_bytes()).decode()


def spoken(text: str, path: Path, silence_s: float = 0) -> Path:
    """A WAV file in which the engine's own voice says it, with nothing before the first sound."""
    samples = np.clip(np.asarray(Hibari()(text, seed=0)), -1, 1)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    pcm = (samples[loud[0] :] * 32767).astype("<i2").tobytes()
    write_speech(path, pcm + bytes(bytes_of(round(silence_s * 1000))))
    return path
