"""A call in Firefox ESR: its microphone, its loudspeaker, its way with worklets and policies."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.wav import write_speech
from tests import firefox
from tests.e2e.conftest import Site, Speak, silence
from tests.firefox import Firefox

pytestmark = pytest.mark.xdist_group("e2e")

QUESTION = "What is the capital of France?"

#: Gives the page a microphone that says a WAV file once, from when it is first used.
SPEAKING_MICROPHONE = """
(wav) => {
  if (!navigator.mediaDevices) return; // about:blank
  let context;
  navigator.mediaDevices.getUserMedia = async () => {
    context ??= new AudioContext();
    const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0));
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(bytes.buffer);
    const microphone = context.createMediaStreamDestination();
    source.connect(microphone);
    source.start();
    return microphone.stream;
  };
}
"""

#: Remembers the loudest that the microphone and the answer have been, as the page shows it.
LISTEN = """
() => {
  const loudest = { microphone: 0, answer: 0 };
  const watch = (id, name, fact) => {
    const element = document.getElementById(id);
    new MutationObserver(() => {
      loudest[name] = Math.max(loudest[name], Number(element.dataset[fact]));
    }).observe(element, { attributes: true });
  };
  watch("mic-level", "microphone", "level");
  watch("voice", "answer", "outputLevel");
  window.loudest = loudest;
}
"""

READY = "() => document.readyState === 'complete' && Boolean(document.getElementById('call'))"
STATE = "(state) => document.getElementById('call').dataset.state === state"
LOUDEST = "(name) => window.loudest[name]"
TURN = """
(role, number) => {
  const turn = document.querySelectorAll(`[data-testid=turn][data-role=${role}]`)[number];
  return turn && { status: turn.dataset.status, text: turn.querySelector(".turn-text").innerText };
}
"""


@pytest.fixture
def browser(firefox_path: Path, tmp_path: Path) -> Iterator[Firefox]:
    with firefox.opened(firefox_path, tmp_path) as opened:
        yield opened


def sign_in(browser: Firefox, site: Site) -> None:
    browser.goto(site.url)
    browser.type("#id_login", "admin")
    browser.type("#id_password", f"{site.password}\ue007")
    browser.wait_for(READY)
    browser.call(LISTEN)


def test_a_question_is_spoken_heard_and_answered(
    browser: Firefox, site: Site, speak: Speak, tmp_path: Path
) -> None:
    write_speech(tmp_path / "question.wav", silence(1) + speak(QUESTION) + silence(60))
    wav = base64.b64encode((tmp_path / "question.wav").read_bytes()).decode()
    browser.preload(SPEAKING_MICROPHONE, wav)
    sign_in(browser, site)
    browser.click("#start-call")
    browser.wait_for(f"() => ({TURN})('user', 0)?.text.includes('capital of France')")
    assert browser.call(LOUDEST, "microphone") > 0.02
    browser.wait_for(f"() => ({TURN})('assistant', 0)?.status === 'completed'")
    assert browser.call(TURN, "assistant", 0)["text"]
    browser.wait_for("() => window.loudest.answer > 0.02")
    browser.wait_for(STATE, "listening")
    browser.click("#end-call")
    browser.wait_for(STATE, "ended")
    assert browser.errors == []


def test_firefoxs_own_microphone_is_heard_and_a_typed_question_is_answered_aloud(
    browser: Firefox, site: Site
) -> None:
    sign_in(browser, site)
    browser.click("#start-call")
    browser.wait_for("() => window.loudest.microphone > 0.005")
    browser.type("#text-input", f"{QUESTION}\ue007")
    browser.wait_for(f"() => ({TURN})('assistant', 0)?.text")
    browser.wait_for("() => window.loudest.answer > 0.02")
    assert browser.errors == []
