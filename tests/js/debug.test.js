import assert from "node:assert/strict";
import test from "node:test";

import { factsOf, tableOf } from "../../chatbot/static/chatbot/js/debug.js";

test("facts are the plain values of a report, numbers without fractions", () => {
  const report = { socket: "open", queued_ms: 12.6, cushion_ms: null, events: [], echo: { delayMs: 3 } };
  assert.deepEqual(factsOf(report), [
    ["socket", "open"],
    ["queued_ms", "13"],
    ["cushion_ms", "–"],
  ]);
});

test("latencies make a table of all stages, without ids", () => {
  const { heads, rows } = tableOf([
    { item_id: "i1", end_noticed_ms: 510.4 },
    { item_id: "i2", end_noticed_ms: null, first_sound_ms: 900 },
  ]);
  assert.deepEqual(heads, ["Turn", "end noticed", "first sound"]);
  assert.deepEqual(rows, [
    ["1", "510", "–"],
    ["2", "–", "900"],
  ]);
});
