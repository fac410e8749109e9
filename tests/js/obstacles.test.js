import assert from "node:assert/strict";
import test from "node:test";

import { obstacleOf } from "../../chatbot/static/chatbot/js/obstacles.js";

const BROWSER = {
  WebSocket: class {},
  AudioContext: class {},
  AudioWorkletNode: class {},
  isSecureContext: true,
  navigator: { mediaDevices: {} },
};

test("a browser of today has no obstacle", () => assert.equal(obstacleOf(BROWSER), null));

test("what is lacking is named, the worst first", () => {
  const lacking = (change) => obstacleOf({ ...BROWSER, ...change });
  assert.equal(lacking({ WebSocket: undefined, isSecureContext: false }), "browser.socket");
  assert.equal(lacking({ isSecureContext: false, AudioWorkletNode: undefined }), "microphone.insecure");
  assert.equal(lacking({ AudioWorkletNode: undefined }), "sound.unsupported");
  assert.equal(lacking({ AudioContext: undefined }), "sound.unsupported");
  assert.equal(lacking({ navigator: {} }), "microphone.unsupported");
});
