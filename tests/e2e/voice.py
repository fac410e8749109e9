"""A microphone that speaks when the test says so, in a real browser."""

from __future__ import annotations

import base64

from playwright.sync_api import BrowserContext, Page

#: Stands in for the device alone: the page's own capture works on a real MediaStream.
_SCRIPT = """
(() => {
  let context, destination;
  const open = () => {
    context ??= new AudioContext();
    destination ??= context.createMediaStreamDestination();
    void context.resume();
  };
  let tracks = [], plugged = true;
  navigator.mediaDevices.getUserMedia = async () => {
    if (!plugged) throw new DOMException("There is no microphone.", "NotFoundError");
    open();
    const stream = destination.stream.clone();
    tracks.push(...stream.getTracks());
    return stream;
  };
  window.unplugMicrophone = (isLast) => {
    plugged = !isLast;
    for (const track of tracks.splice(0)) {
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
  };
  window.plugMicrophone = () => {
    plugged = true;
  };
  window.sayAloud = (pcm) => {
    open();
    const bytes = Uint8Array.from(atob(pcm), (character) => character.charCodeAt(0));
    const words = new Int16Array(bytes.buffer);
    const buffer = new AudioBuffer({ length: words.length, sampleRate: 24000 });
    buffer.copyToChannel(Float32Array.from(words, (word) => word / 32768), 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(destination);
    const said = new Promise((resolve) => source.addEventListener("ended", resolve));
    source.start();
    return said.then(() => undefined);
  };
})();
"""


def give_voice(context: BrowserContext) -> None:
    """All pages of the context have this microphone."""
    context.add_init_script(_SCRIPT)


def say(page: Page, sound: bytes) -> None:
    """Speak into the page's microphone; returns when it is said."""
    page.evaluate("(pcm) => window.sayAloud(pcm)", base64.b64encode(sound).decode())


def begin_to_say(page: Page, sound: bytes) -> None:
    """Speak into the page's microphone, and do not wait for the end."""
    page.evaluate("(pcm) => { void window.sayAloud(pcm); }", base64.b64encode(sound).decode())


def unplug(page: Page, *, is_last: bool) -> None:
    """Pull the microphone out; with `is_last` there is no other."""
    page.evaluate("(isLast) => window.unplugMicrophone(isLast)", is_last)


def plug(page: Page) -> None:
    """There is a microphone again."""
    page.evaluate("() => window.plugMicrophone()")
