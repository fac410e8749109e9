import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const PATH = new URL("../../chatbot/static/chatbot/js/messages.js", import.meta.url);
const inEnglish = await import(PATH.href);

test("without a catalogue the sentences are English, with values and plurals", () => {
  const { say } = inEnglish;
  assert.equal(say("state.listening"), "Listening");
  assert.equal(say("turn.interrupted_after", { seconds: "1.5" }), "Interrupted after 1.5 s");
  assert.equal(say("copy.turns", { count: 1 }), "1 turn copied.");
  assert.equal(say("copy.turns", { count: 3 }), "3 turns copied.");
});

test("with Django's catalogue they are its", async () => {
  const german = { Listening: "Ich höre zu" };
  globalThis.gettext = (english) => german[english] ?? english;
  globalThis.ngettext = (one, many, count) => (count === 1 ? "{count} Beitrag" : "{count} Beiträge");
  try {
    const { say } = await import(`${PATH.href}?german`);
    assert.equal(say("state.listening"), "Ich höre zu");
    assert.equal(say("state.ended"), "The call has ended");
    assert.equal(say("copy.turns", { count: 2 }), "2 Beiträge");
  } finally {
    delete globalThis.gettext;
    delete globalThis.ngettext;
  }
});

test("every sentence is a literal that makemessages finds", () => {
  const source = readFileSync(PATH, "utf8");
  const wrapped = source.match(/gettext\(\s*"/g) ?? [];
  assert.equal(wrapped.length, Object.keys(inEnglish.MESSAGES).length);
});
