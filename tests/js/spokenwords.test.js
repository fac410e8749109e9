import assert from "node:assert/strict";
import test from "node:test";

import { begunBy, wordsOf } from "../../chatbot/static/chatbot/js/spokenwords.js";

test("words have their places among the characters", () => {
  assert.deepEqual(wordsOf("  One, two\nthree "), [
    { start: 2, end: 6 },
    { start: 7, end: 10 },
    { start: 11, end: 16 },
  ]);
  assert.deepEqual(wordsOf(" \n"), []);
});

test("a word is said from its first character on", () => {
  const words = wordsOf("One two three");
  assert.deepEqual([0, 1, 4, 5, 8, 9, 100].map((n) => begunBy(words, n)), [0, 1, 1, 2, 2, 3, 3]);
});
