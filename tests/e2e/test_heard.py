"""What was heard of an answer that broke off is what its row says, whichever end went away."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.chat import turns, type_in
from tests.e2e.conftest import OpenBrowser, Site, new_page, sign_in
from tests.e2e.test_reconnect import in_database, is_in, worker_of_the_call
from tests.e2e.test_tools import running, take_typed
from tests.scripted import Session, tone
from tests.services import free_port
from tests.test_scripts_server import serving

#: Some of these wait for more than one call.
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(360)]

WORDS = " ".join(f"word{number}" for number in range(400))
ANSWER_MS = 60_000
CHUNK_MS = 200
#: What may lie between what sounded and what is stored of it.
NEAR_MS = 100

#: Counts what goes to the loudspeaker, in its own time, and remembers it through a reload.
EAR = """
(() => {
  const PROCESSOR = `registerProcessor("ear", class extends AudioWorkletProcessor {
    heard = 0;
    process([[samples]]) {
      const before = this.heard;
      for (const sample of samples ?? []) this.heard += Math.abs(sample) > 0.0001;
      if (this.heard !== before) this.port.postMessage((this.heard / sampleRate) * 1000);
      return true;
    }
  })`;
  window.heardMs = 0;
  const connect = AudioNode.prototype.connect;
  const addModule = AudioWorklet.prototype.addModule;
  const ears = new WeakMap();
  const module = URL.createObjectURL(new Blob([PROCESSOR], { type: "text/javascript" }));
  AudioWorklet.prototype.addModule = async function (url) {
    await addModule.call(this, module);
    return addModule.call(this, url);
  };
  AudioNode.prototype.connect = function (target, ...places) {
    const made = connect.call(this, target, ...places);
    if (this instanceof AudioWorkletNode && target instanceof GainNode && !ears.has(this)) {
      const ear = new AudioWorkletNode(this.context, "ear", { numberOfOutputs: 0 });
      ears.set(this, ear);
      ear.port.onmessage = ({ data }) => (window.heardMs = data);
      connect.call(this, ear);
    }
    return made;
  };
  addEventListener("pagehide", () => sessionStorage.setItem("heardMs", window.heardMs));
})();
"""


async def speak_long(session: Session) -> None:
    """A minute of sound to what is typed, as fast as it is read; after that nothing."""
    await session.open()
    previous = await take_typed(session, None)
    await session.begin_answer(WORDS, "a1", previous, sound_ms=CHUNK_MS)
    for _ in range(ANSWER_MS // CHUNK_MS - 1):
        await session.sound(tone(CHUNK_MS))
    await session.hold()


@pytest.fixture(scope="module")
def long_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two workers, whose voice service answers at length."""
    port, var = free_port(), tmp_path_factory.mktemp("heard") / "var"
    words = ("--port", str(port), "--workers", "2")
    with (
        running(speak_long) as url,
        serving(var, *words, env={"REALTIME_URL": url}) as process,
    ):
        password = re.search(r"with the password (\S+)", process.output())
        assert password
        yield Site(f"http://127.0.0.1:{port}", password[1], process)


@contextmanager
def hearing(site: Site, open_browser: OpenBrowser) -> Iterator[Page]:
    """A page that has heard more than a second of the answer."""
    with open_browser(microphone="none") as browser:
        context = browser.new_context(bypass_csp=True)
        context.add_init_script(EAR)
        page = new_page(context)
        sign_in(page, site)
        type_in(page, "Tell me everything.")
        page.wait_for_function("window.heardMs > 1500")
        yield page


def stored(site: Site, page: Page) -> tuple[str, int, str]:
    """Status, heard milliseconds and heard words of the answer's row."""
    conversation = page.url.rpartition("=")[2].replace("-", "")
    row: tuple[str, int, str] = in_database(
        site,
        "SELECT status, heard_ms, heard_text FROM chatbot_turn"
        " WHERE role = 'assistant' AND conversation_id = ?",
        conversation,
    )
    return row


def shows(answer: Locator, heard_ms: int, heard_text: str) -> None:
    """The answer is marked where it was cut, the words after that struck out."""
    expect(answer).to_have_attribute("data-status", "interrupted")
    expect(answer.locator(".turn-heard")).to_have_text(heard_text)
    expect(answer.locator(".turn-unheard")).to_have_text(WORDS[len(heard_text) :].strip())
    expect(answer.locator(".turn-note")).to_contain_text(f"{heard_ms / 1000:.1f}")


def test_a_reload_in_mid_answer_shows_it_interrupted_where_it_was_heard(
    long_site: Site, open_browser: OpenBrowser
) -> None:
    with hearing(long_site, open_browser) as page:
        page.reload()
        answer = turns(page, "assistant")
        expect(answer).to_have_attribute("data-status", "interrupted")
        heard_ms = page.evaluate("Number(sessionStorage.getItem('heardMs'))")
        status, stored_ms, text = stored(long_site, page)
        assert status == "interrupted"
        assert abs(stored_ms - heard_ms) <= NEAR_MS
        shows(answer, stored_ms, text)
        page.goto(f"{long_site.url}/history/")
        page.get_by_test_id("conversations").get_by_role("link").first.click()
        expect(turns(page, "assistant")).to_have_attribute("data-status", "interrupted")


def test_a_worker_that_is_killed_in_mid_answer_leaves_it_where_it_was_heard(
    long_site: Site, open_browser: OpenBrowser
) -> None:
    with hearing(long_site, open_browser) as page:
        killed = worker_of_the_call(long_site)
        killed.send_signal(signal.SIGKILL)
        answer = turns(page, "assistant")
        expect(answer).to_have_attribute("data-status", "interrupted")
        is_in(page, "listening")
        heard_ms = page.evaluate("window.heardMs")
        status, stored_ms, text = stored(long_site, page)
        assert status == "interrupted"
        assert abs(stored_ms - heard_ms) <= NEAR_MS
        shows(answer, stored_ms, text)
