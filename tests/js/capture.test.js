import assert from "node:assert/strict";
import test from "node:test";

import { microphoneObstacle, microphoneProblem } from "../../chatbot/static/chatbot/js/capture.js";
import { MESSAGES } from "../../chatbot/static/chatbot/js/messages.js";

const named = (name) => Object.assign(new Error("as the browser says"), { name });

for (const [name, problem] of [
  ["NotAllowedError", "denied"],
  ["NotFoundError", "missing"],
  ["NotReadableError", "busy"],
  ["TypeError", "failed"],
]) {
  test(`${name} means that the microphone is ${problem}`, () => {
    assert.equal(microphoneProblem(named(name)), problem);
    assert.match(MESSAGES[`microphone.${problem}`], /type your message/);
  });
}

test("an insecure page and an old browser are known before the user is asked", () => {
  const able = { isSecureContext: true, navigator: { mediaDevices: {} }, AudioWorkletNode: class {} };
  assert.equal(microphoneObstacle(able), null);
  assert.equal(microphoneObstacle({ ...able, isSecureContext: false }), "insecure");
  assert.equal(microphoneObstacle({ ...able, navigator: {} }), "unsupported");
  assert.equal(microphoneObstacle({ ...able, AudioWorkletNode: undefined }), "unsupported");
});
