import assert from "node:assert/strict";
import test from "node:test";

import { Reconnect } from "../../chatbot/static/chatbot/js/reconnect.js";

/** A clock that stands still until it is told. */
function watched(random = () => 1) {
  const clock = { ms: 1_000_000 };
  return { clock, reconnect: new Reconnect({ random, now: () => clock.ms }) };
}

test("a lost line is tried soon, then ever later, never more than 8 s apart", () => {
  const { clock, reconnect } = watched();
  const delays = [];
  for (let delay = reconnect.lost(1006); delay !== null; delay = reconnect.lost(1006)) {
    delays.push(delay);
    clock.ms += delay;
  }
  assert.deepEqual(delays.slice(0, 7), [200, 400, 800, 1600, 3200, 6400, 8000]);
  assert.equal(Math.max(...delays), 8000);
});

test("it is given up after a minute", () => {
  const { clock, reconnect } = watched();
  const began = clock.ms;
  for (let delay = reconnect.lost(1012); delay !== null; delay = reconnect.lost(1012)) {
    clock.ms += delay;
  }
  const triedMs = clock.ms - began;
  assert.ok(triedMs > 50_000 && triedMs <= 60_000, String(triedMs));
});

test("chance brings those apart that were lost together", () => {
  const [soon, late] = [watched(() => 0), watched(() => 1)].map(({ reconnect }) => reconnect.lost(1006));
  assert.deepEqual([soon, late], [100, 200]);
});

test("a line that held makes good for the attempts before it, one that did not does not", () => {
  const { clock, reconnect } = watched();
  reconnect.lost(1006);
  reconnect.lost(1006);
  reconnect.opened();
  clock.ms += 9000;
  assert.equal(reconnect.lost(1006), 800);
  reconnect.opened();
  clock.ms += 10_000;
  assert.equal(reconnect.lost(1006), 200);
});

test("after waking up, or with a network again, it is tried for as long anew", () => {
  const { clock, reconnect } = watched();
  reconnect.lost(1006);
  clock.ms += 59_999;
  assert.equal(reconnect.lost(1006), null);
  reconnect.renew();
  assert.equal(reconnect.lost(1006), 200);
});

for (const code of [1000, 1013, 4401, 4403, 4404, 4408, 4409, 4410, 4413, 4429]) {
  test(`what was closed with ${code} is not tried again`, () => {
    assert.equal(watched().reconnect.lost(code), null);
  });
}

for (const code of [1001, 1006, 1011, 1012]) {
  test(`what was closed with ${code} is tried again`, () => {
    assert.equal(watched().reconnect.lost(code), 200);
  });
}
