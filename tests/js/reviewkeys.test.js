import assert from "node:assert/strict";
import { test } from "node:test";

import { beginning, stepOf } from "../../chatbot/static/chatbot/js/reviewkeys.js";

const key = (key, held = {}) => ({
  ...{ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false },
  ...held,
});

test("letters and arrows lead to the next and the previous conversation", () => {
  assert.equal(stepOf(key("j"), false), "next");
  assert.equal(stepOf(key("ArrowRight"), false), "next");
  assert.equal(stepOf(key("k"), false), "previous");
  assert.equal(stepOf(key("K"), false), "previous");
  assert.equal(stepOf(key("ArrowLeft"), false), "previous");
  assert.equal(stepOf(key("n"), false), "note");
});

test("other keys, keys that are typed, and the browser's own mean nothing", () => {
  assert.equal(stepOf(key("x"), false), null);
  assert.equal(stepOf(key("Enter"), false), null);
  assert.equal(stepOf(key("j"), true), null);
  for (const held of ["ctrlKey", "metaKey", "altKey", "shiftKey"]) {
    assert.equal(stepOf(key("ArrowLeft", { [held]: true }), false), null);
  }
});

test("of several names the last is completed, and the others stay", () => {
  assert.deepEqual(beginning("bil", true), { before: "", begun: "bil" });
  assert.deepEqual(beginning("angry, bil", true), { before: "angry, ", begun: "bil" });
  assert.deepEqual(beginning("angry,", true), { before: "angry, ", begun: "" });
  assert.deepEqual(beginning("a, b", false), { before: "", begun: "a, b" });
});
