import assert from "node:assert/strict";
import test from "node:test";

import { eased, outlineOf, voicesAt } from "../../chatbot/static/chatbot/js/figure.js";

const scene = { phase: "listening", still: false, seconds: 3 };
const silent = { user: 0, assistant: 0 };

test("each voice swells with its own level, and the other stays", () => {
  const rest = voicesAt(silent, scene);
  const spoken = voicesAt({ user: 1, assistant: 0 }, scene);
  assert.ok(spoken.user.radius > rest.user.radius * 1.2);
  assert.deepEqual(spoken.assistant, rest.assistant);
});

test("in a call that waits for nobody nothing moves by itself", () => {
  assert.deepEqual(voicesAt(silent, scene), voicesAt(silent, { ...scene, seconds: 99 }));
});

test("the voices go round while the answer is thought about", () => {
  const thinking = { ...scene, phase: "thinking" };
  assert.notDeepEqual(voicesAt(silent, thinking), voicesAt(silent, { ...thinking, seconds: 4 }));
});

test("with reduced motion neither turns nor ripples, but levels are still seen", () => {
  const still = { phase: "thinking", still: true, seconds: 3 };
  const loud = voicesAt({ user: 0, assistant: 1 }, still);
  assert.deepEqual(loud, voicesAt({ user: 0, assistant: 1 }, { ...still, seconds: 4 }));
  assert.equal(loud.assistant.ripple, 0);
  assert.ok(loud.assistant.radius > loud.user.radius);
});

test("even the loudest voice stays within the figure", () => {
  for (const phase of ["connecting", "reconnecting", "thinking", "speaking", "idle"]) {
    for (let seconds = 0; seconds < 20; seconds += 0.1) {
      const { user, assistant } = voicesAt({ user: 1, assistant: 1 }, { phase, still: false, seconds });
      const points = [...outlineOf(user, seconds, 1.7), ...outlineOf(assistant, seconds, 0)];
      for (const [x, y] of points) assert.ok(Math.max(Math.abs(x), Math.abs(y)) <= 1.2, `${phase} ${x} ${y}`);
    }
  }
});

test("a level is followed up faster than down, and reached in the end", () => {
  assert.ok(eased(0, 1) > 1 - eased(1, 0));
  let shown = 0;
  for (let frame = 0; frame < 60; frame++) shown = eased(shown, 0.4);
  assert.equal(shown, 0.4);
});
