import assert from "node:assert/strict";
import test from "node:test";

import { clock, Playlist } from "../../chatbot/static/chatbot/js/playlist.js";

const list = new Playlist([
  { durationMs: 2000, heardMs: null },
  { durationMs: 4000, heardMs: 1000 },
  { durationMs: 3000, heardMs: 9000 },
]);

test("a conversation lasts as long as what was heard of it", () => {
  assert.equal(list.totalMs, 6000);
  assert.deepEqual([0, 1, 2].map((index) => list.lengthOf(index)), [2000, 1000, 3000]);
});

test("each moment is of one turn, at its place", () => {
  assert.deepEqual(list.at(0), { index: 0, offsetMs: 0 });
  assert.deepEqual(list.at(1999), { index: 0, offsetMs: 1999 });
  assert.deepEqual(list.at(2000), { index: 1, offsetMs: 0 });
  assert.deepEqual(list.at(4500), { index: 2, offsetMs: 1500 });
});

test("a moment outside is the nearest one inside", () => {
  assert.deepEqual(list.at(-5), { index: 0, offsetMs: 0 });
  assert.deepEqual(list.at(99_999), { index: 2, offsetMs: 3000 });
});

test("a place in a turn is a moment, and what was not heard takes no time", () => {
  assert.equal(list.momentOf(0, 500), 500);
  assert.equal(list.momentOf(1, 3500), 3000);
  assert.equal(list.momentOf(2, 0), 3000);
});

test("times are shown as a clock does", () => {
  assert.deepEqual([0, 999, 65_000, 3_665_000].map(clock), ["0:00", "0:01", "1:05", "1:01:05"]);
});
