import assert from "node:assert/strict";
import test from "node:test";

import { isSlip } from "../../chatbot/static/chatbot/js/slips.js";

const first = { at: 1000, x: 100, y: 100, on: "allow" };

test("the second half of a double click is not for what has come to lie there", () => {
  assert.ok(isSlip(first, { at: 1280, x: 102, y: 101, on: "talk" }));
});

test("the same button again, another place, or a later press is meant", () => {
  assert.ok(!isSlip(null, first));
  assert.ok(!isSlip(first, { ...first, at: 1100 }));
  assert.ok(!isSlip(first, { at: 1280, x: 190, y: 100, on: "talk" }));
  assert.ok(!isSlip(first, { at: 1500, x: 100, y: 100, on: "talk" }));
});
