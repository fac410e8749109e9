import assert from "node:assert/strict";
import test from "node:test";

import { argumentsOf } from "../../chatbot/static/chatbot/js/approvals.js";

test("arguments are names with values to read", () => {
  const json = JSON.stringify({ fact: "I like tea.", times: 2, words: ["a", "b"], all: true });
  assert.deepEqual(argumentsOf(json), [
    ["fact", "I like tea."],
    ["times", "2"],
    ["words", '["a","b"]'],
    ["all", "true"],
  ]);
  assert.deepEqual(argumentsOf(""), []);
});

test("long arguments are cut, and what is no JSON is shown as it is", () => {
  const [[, shown]] = argumentsOf(JSON.stringify({ text: "x".repeat(5000) }));
  assert.equal(shown.length, 301);
  assert.deepEqual(argumentsOf("{broken"), [["", "{broken"]]);
});
