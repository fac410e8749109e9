import assert from "node:assert/strict";
import test from "node:test";

import { asText, wordsOf } from "../../chatbot/static/chatbot/js/copying.js";
import { newTurn } from "../../chatbot/static/chatbot/js/turn.js";

const question = newTurn("i1", { parts: ["How deep", "is it?"], startedAt: "10:00" });
const cut = newTurn("i2", { role: "assistant", parts: ["Very deep indeed."], heardText: "Very deep" });
const tool = newTurn("i3", { role: "tool", toolName: "remember", parts: ["Remembered."] });

test("turns are copied with speaker and time, empty ones left out", () => {
  const text = asText([question, cut, tool, newTurn("i4", { status: "failed" })], (at) => at);
  assert.equal(
    text,
    "You (10:00): How deep is it?\n\nAssistant: Very deep [Interrupted]\n\nremember: Remembered.",
  );
});

test("of an interrupted answer only what was heard is copied", () => {
  assert.equal(wordsOf(cut), "Very deep [Interrupted]");
  assert.equal(wordsOf({ ...cut, heardText: "Very deep indeed." }), "Very deep indeed.");
});

test("a turn that failed is copied as its error", () => {
  assert.equal(wordsOf(newTurn("i5", { status: "failed", error: "Not recognised." })), "Not recognised.");
});
