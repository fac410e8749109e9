"""What the microphone gives reaches the voice service frame by frame, each once, in order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import OpenBrowser, Site
from tests.e2e.test_reconnect import calling, is_in
from tests.e2e.test_tools import running
from tests.e2e.voice import begin_to_say
from tests.scripted import Session
from tests.services import free_port, wait_until
from tests.test_scripts_server import serving

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(360)]

NOISE_S = 120
#: A second of frames.
MANY = 25

#: Keeps what the capture worklet hands over, before the page has seen it.
FRAMES = """
(() => {
  window.spoken = [];
  const Node = window.AudioWorkletNode;
  window.AudioWorkletNode = class extends Node {
    constructor(context, name, options) {
      super(context, name, options);
      if (name !== "capture") return;
      this.port.addEventListener("message", ({ data }) => {
        if (data.type !== "frame") return;
        window.spoken.push(btoa(String.fromCharCode(...new Uint8Array(data.pcm))));
      });
    }
  };
})();
"""


@dataclass
class Ear:
    """A voice service that listens once it is let, and says nothing."""

    is_let: Event = field(default_factory=Event)
    sessions: list[Session] = field(default_factory=list)

    async def listen(self, session: Session) -> None:
        self.sessions.append(session)
        await asyncio.to_thread(self.is_let.wait)
        await session.open()
        await session.hold()

    def heard(self, number: int) -> list[str]:
        """The frames that a session was sent, in base64."""
        events = list(self.sessions[number].received)
        return [event["audio"] for event in events if event["type"] == "input_audio_buffer.append"]


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def silent_site(ear: Ear, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port, var = free_port(), tmp_path_factory.mktemp("kept") / "var"
    with (
        running(ear.listen) as url,
        serving(var, "--port", str(port), env={"REALTIME_URL": url}) as process,
    ):
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        try:
            yield Site(f"http://127.0.0.1:{port}", password[1], process)
        finally:
            ear.is_let.set()


def noise() -> bytes:
    """No two frames of it are alike."""
    samples = np.random.default_rng(0).normal(0, 2000, NOISE_S * 24_000)
    return np.clip(samples, -32_000, 32_000).astype("<i2").tobytes()


def more_frames(page: Page) -> None:
    """The microphone has given a second more."""
    least = page.evaluate("window.spoken.length") + MANY
    page.wait_for_function("(least) => window.spoken.length >= least", arg=least)


def test_each_frame_is_sent_once_whoever_keeps_it_until_it_can_be_heard(
    silent_site: Site, ear: Ear, open_browser: OpenBrowser
) -> None:
    with calling(silent_site, open_browser) as (page, cable):
        page.context.add_init_script(FRAMES)
        page.reload()
        cable.stall()
        begin_to_say(page, noise())
        page.get_by_test_id("start-call").click()
        more_frames(page)  # the page keeps them
        cable.flow()
        more_frames(page)  # the worker keeps them
        ear.is_let.set()
        is_in(page, "listening")
        wait_until(lambda: len(ear.heard(0)) > 3 * MANY)
        cable.cut()
        is_in(page, "reconnecting")
        more_frames(page)  # the page keeps them, and some that may not have arrived
        cable.mend()
        is_in(page, "listening")
        wait_until(lambda: len(ear.heard(1)) > 2 * MANY)
        first, second = ear.heard(0), ear.heard(1)
        spoken = page.evaluate("window.spoken")
    assert first == spoken[: len(first)]
    begun = spoken.index(second[0])
    assert begun <= len(first)
    assert second == spoken[begun : begun + len(second)]
    assert len(set(second)) == len(second)
