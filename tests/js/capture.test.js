import assert from "node:assert/strict";
import test from "node:test";

import { constraintsOf, microphoneObstacle, microphoneProblem } from "../../chatbot/static/chatbot/js/capture.js";
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

test("an error that is no Error, as older browsers throw, is understood", () => {
  assert.equal(microphoneProblem({ name: "OverconstrainedError" }), "missing");
  assert.equal(microphoneProblem(undefined), "failed");
});

test("echo, noise and gain are asked for by name, and never a sample rate", () => {
  const processed = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  assert.deepEqual(constraintsOf("", {}), { channelCount: 1, ...processed });
  assert.deepEqual(constraintsOf("b", { noiseSuppression: false }), {
    deviceId: { exact: "b" },
    channelCount: 1,
    ...processed,
    noiseSuppression: false,
  });
});
