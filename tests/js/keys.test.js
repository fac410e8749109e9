import assert from "node:assert/strict";
import test from "node:test";

import { commandOf } from "../../chatbot/static/chatbot/js/keys.js";

const PAGE = { typing: false, acting: false, dialog: false, shortcuts: true, pushToTalk: true };
const press = (key, keys = {}, situation = {}) =>
  commandOf(
    { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...keys },
    { ...PAGE, ...situation },
  );

test("each key has its meaning, in either case", () => {
  const meant = ["m", "M", "/", ",", "?", "Escape", " ", "x"].map((key) => press(key));
  const commands = ["mute", "mute", "write", "settings", "help", "interrupt", "talk", null];
  assert.deepEqual(meant, commands);
});

test("who types writes letters, and may still interrupt", () => {
  for (const key of ["m", "/", ",", "?", " "]) assert.equal(press(key, {}, { typing: true }), null);
  assert.equal(press("Escape", {}, { typing: true }), "interrupt");
});

test("the space bar presses the button that has the focus, and talks in push-to-talk alone", () => {
  assert.equal(press(" ", {}, { acting: true }), null);
  assert.equal(press(" ", {}, { pushToTalk: false }), null);
});

test("keys of one letter can be switched off; the others stay", () => {
  for (const key of ["m", "/", ",", "?"]) assert.equal(press(key, {}, { shortcuts: false }), null);
  assert.equal(press(" ", {}, { shortcuts: false }), "talk");
  assert.equal(press("Escape", {}, { shortcuts: false }), "interrupt");
});

test("an open dialog has all keys to itself", () => {
  for (const key of ["m", "Escape", " ", "?"]) assert.equal(press(key, {}, { dialog: true }), null);
});

test("keys of the browser stay the browser's, but for the details of the connection", () => {
  assert.equal(press("m", { ctrlKey: true }), null);
  assert.equal(press("m", { metaKey: true }), null);
  assert.equal(press("D", { ctrlKey: true, shiftKey: true }, { typing: true }), "debug");
});
