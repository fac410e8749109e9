import assert from "node:assert/strict";
import test from "node:test";

import { Journal } from "../../chatbot/static/chatbot/js/journal.js";

function kept() {
  const clock = { ms: 500 };
  return { clock, journal: new Journal(() => clock.ms) };
}

test("events are kept by kind, time and size, without their words", () => {
  const { clock, journal } = kept();
  clock.ms += 40;
  journal.event("in", { type: "response.done", secret: "words" });
  const [entry] = journal.entries;
  assert.deepEqual(entry, { at_ms: 40, way: "in", type: "response.done", bytes: 41, count: 1 });
});

test("a run of sound is one entry, each way for itself", () => {
  const { journal } = kept();
  for (let i = 0; i < 3; i++) {
    journal.audio("out", new ArrayBuffer(1920));
    journal.audio("in", new ArrayBuffer(960));
  }
  journal.event("out", { type: "chat.ping" });
  journal.audio("out", new ArrayBuffer(1920));
  const shown = journal.entries.map(({ way, type, bytes, count }) => [way, type, bytes, count]);
  assert.deepEqual(shown, [
    ["out", "audio", 5760, 3],
    ["in", "audio", 2880, 3],
    ["out", "chat.ping", 20, 1],
    ["out", "audio", 1920, 1],
  ]);
});

test("the last 200 are kept", () => {
  const { journal } = kept();
  for (let i = 0; i < 300; i++) journal.event("in", { type: `event.${i}` });
  assert.equal(journal.entries.length, 200);
  assert.equal(journal.entries[0].type, "event.100");
});
