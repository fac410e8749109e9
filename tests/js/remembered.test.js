import assert from "node:assert/strict";
import test from "node:test";

import { recall, remember, USUAL } from "../../chatbot/static/chatbot/js/remembered.js";

const storage = (text) => ({ getItem: () => text });

test("nothing kept, nothing to keep it in, or spoilt: the usual", () => {
  for (const text of [null, "{", "null", "[]", '"words"']) assert.deepEqual(recall(storage(text)), USUAL);
  assert.deepEqual(recall(null), USUAL);
  const refusing = {
    getItem() {
      throw new Error("refused");
    },
  };
  assert.deepEqual(recall(refusing), USUAL);
});

test("what is kept comes back, but for values of another kind and unknown names", () => {
  let kept = "";
  remember({ setItem: (_, text) => (kept = text) }, { ...USUAL, volume: 0.3, mode: "push-to-talk" });
  assert.deepEqual(recall(storage(kept)), { ...USUAL, volume: 0.3, mode: "push-to-talk" });
  assert.deepEqual(recall(storage('{"volume": "loud", "other": 1}')), USUAL);
});
