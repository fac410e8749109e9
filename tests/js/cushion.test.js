import assert from "node:assert/strict";
import test from "node:test";

import { Cushion } from "../../chatbot/static/chatbot/js/cushion.js";

test("it starts at 80 ms and grows with each under-run, up to half a second", () => {
  const cushion = new Cushion();
  assert.equal(cushion.ms, 80);
  cushion.underRun();
  assert.equal(cushion.ms, 120);
  for (let i = 0; i < 20; i++) cushion.underRun();
  assert.equal(cushion.ms, 480);
});

test("ten seconds without an under-run make it 20 ms smaller, never smaller than at first", () => {
  const cushion = new Cushion();
  cushion.underRun();
  for (let ms = 0; ms < 9_990; ms += 10) cushion.played(10);
  assert.equal(cushion.ms, 120);
  cushion.played(10);
  assert.equal(cushion.ms, 100);
  cushion.played(60_000);
  assert.equal(cushion.ms, 80);
});

test("an under-run starts the ten seconds anew", () => {
  const cushion = new Cushion();
  cushion.underRun();
  cushion.played(9_000);
  cushion.underRun();
  cushion.played(9_000);
  assert.equal(cushion.ms, 180);
});
