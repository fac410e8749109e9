import assert from "node:assert/strict";
import test from "node:test";

import { CHECK_MS, Pulse } from "../../chatbot/static/chatbot/js/pulse.js";

function watched() {
  const clock = { ms: 1_000_000 };
  const pulse = new Pulse(() => clock.ms);
  /** Checks as often as they are due, for so long. */
  const verdicts = (ms) =>
    Array.from({ length: ms / CHECK_MS }, () => {
      clock.ms += CHECK_MS;
      return pulse.check();
    });
  return { clock, pulse, verdicts };
}

test("who answers is asked every 5 s, and lives", () => {
  const { pulse, verdicts } = watched();
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(verdicts(5000), ["fine", "fine", "fine", "fine", "ask"]);
    pulse.heard();
  }
});

test("who is asked and silent for 10 s is dead", () => {
  const told = watched().verdicts(15_000);
  assert.equal(told.indexOf("dead"), 14);
  assert.equal(told.indexOf("ask"), 4);
});

test("any answer is a sign of life", () => {
  const { pulse, verdicts } = watched();
  verdicts(14_000);
  pulse.heard();
  assert.ok(!verdicts(4000).includes("dead"));
});

test("when the network changes, an answer is due within 3 s", () => {
  const { pulse, verdicts } = watched();
  assert.equal(pulse.doubt(), "ask");
  assert.deepEqual(verdicts(3000), ["fine", "fine", "dead"]);
});

test("nobody is given more time by being asked again", () => {
  const { pulse, verdicts } = watched();
  pulse.doubt();
  verdicts(2000);
  pulse.doubt();
  assert.deepEqual(verdicts(1000), ["dead"]);
});

test("a device that has slept asks before it thinks anybody dead", () => {
  const { clock, pulse, verdicts } = watched();
  verdicts(6000); // asked
  clock.ms += 3_600_000;
  assert.equal(pulse.check(), "ask");
  pulse.heard();
  assert.ok(!verdicts(4000).includes("dead"));
  clock.ms += 3_600_000;
  assert.equal(pulse.check(), "ask");
  assert.deepEqual(verdicts(3000), ["fine", "fine", "dead"]);
});
