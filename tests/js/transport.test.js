import assert from "node:assert/strict";
import test from "node:test";

import { MESSAGES, say } from "../../chatbot/static/chatbot/js/messages.js";
import { explainClose } from "../../chatbot/static/chatbot/js/transport.js";

const CODES = [4401, 4403, 4404, 4408, 4409, 4410, 4413, 4429, 1012, 1013];

for (const code of CODES) {
  test(`close code ${code} has a sentence of its own`, () => {
    const { message } = explainClose(code);
    assert.equal(message, MESSAGES[`close.${code}`]);
    assert.match(message, /\.$/);
  });
}

test("the server's own words come first", () => {
  const fatal = { message: "The voice engine is not installed." };
  assert.equal(explainClose(1013, { fatal }).message, fatal.message);
});

test("a wait is named in seconds, once", () => {
  const fatal = { message: "Too many calls.", retry_after: 29.2 };
  assert.equal(
    explainClose(4429, { fatal }).message,
    "Too many calls. You can call again in 30 s.",
  );
  const counted = { message: "Come back in 30 seconds.", retry_after: 30 };
  assert.equal(explainClose(4429, { fatal: counted }).message, counted.message);
});

test("a lost line is told from one that never opened, and from being offline", () => {
  assert.equal(explainClose(1006).message, say("close.lost"));
  assert.equal(explainClose(1006, { opened: false }).message, say("close.unreachable"));
  assert.equal(explainClose(1006, { online: false }).message, say("close.offline"));
});

test("the way out fits the reason", () => {
  assert.equal(explainClose(4401).wayOut, "sign-in");
  assert.equal(explainClose(4404).wayOut, "new");
  for (const code of [1006, 1011, 1012, 1013, 4408, 4409, 4410, 4429]) {
    assert.equal(explainClose(code).wayOut, "again");
  }
});
