import assert from "node:assert/strict";
import test from "node:test";

import { isUnsent, Unsent } from "../../chatbot/static/chatbot/js/unsent.js";

function storage() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}

const added = (id, text, role = "user") => ({
  type: "conversation.item.added",
  item: { id, type: "message", role, content: [{ type: "input_text", text }] },
});
const stored = (item_id, text, facts = {}) => ({
  item_id,
  role: "user",
  modality: "text",
  text,
  ...facts,
});
const started = (...turns) => ({ type: "chat.call.started", conversation: { id: "c1" }, turns });

test("a message is unsent until it is in the conversation", () => {
  const unsent = new Unsent(storage(), "c1");
  unsent.add("Hello.");
  unsent.add("Again.");
  unsent.receive(added("a0", "Hello.", "assistant"));
  assert.deepEqual(unsent.texts, ["Hello.", "Again."]);
  unsent.receive(added("u1", "Hello."));
  assert.deepEqual(unsent.texts, ["Again."]);
});

test("the same words twice are two messages", () => {
  const unsent = new Unsent(storage(), "c1");
  unsent.add("Yes.");
  unsent.add("Yes.");
  unsent.receive(added("u1", "Yes."));
  unsent.receive(added("u1", "Yes."));
  assert.deepEqual(unsent.texts, ["Yes."]);
});

test("the same words of an older turn are not taken for the message", () => {
  const unsent = new Unsent(storage(), "c1");
  unsent.receive(started(stored("u1", "Yes.")));
  unsent.add("Yes.");
  unsent.receive(started(stored("u1", "Yes.")));
  assert.deepEqual(unsent.texts, ["Yes."]);
  unsent.receive(started(stored("u1", "Yes."), stored("u2", "Yes.")));
  assert.deepEqual(unsent.texts, []);
});

test("spoken words and answers are not taken for the message", () => {
  const unsent = new Unsent(storage(), "c1");
  unsent.add("Yes.");
  const spoken = stored("u1", "Yes.", { modality: "audio" });
  const answer = stored("a1", "Yes.", { role: "assistant" });
  unsent.receive(started(spoken, answer));
  assert.deepEqual(unsent.texts, ["Yes."]);
});

test("a reload keeps what is unsent, in its own conversation", () => {
  const kept = storage();
  const before = new Unsent(kept, "c1");
  before.receive(started(stored("u1", "Yes.")));
  before.add("Yes.");
  before.add("No.");
  assert.deepEqual(new Unsent(kept, "c2").texts, []);
  const after = new Unsent(kept, "c1");
  assert.deepEqual(after.texts, ["Yes.", "No."]);
  after.receive(started(stored("u1", "Yes."), stored("u2", "No.")));
  assert.deepEqual(after.texts, ["Yes."]);
  assert.deepEqual(new Unsent(kept, "c1").texts, ["Yes."]);
});

test("what was typed into a new conversation is kept in the one that it became", () => {
  const kept = storage();
  const unsent = new Unsent(kept, null);
  unsent.add("Hello.");
  assert.deepEqual(new Unsent(kept, null).texts, ["Hello."]);
  unsent.receive(started());
  assert.deepEqual(new Unsent(kept, null).texts, []);
  assert.deepEqual(new Unsent(kept, "c1").texts, ["Hello."]);
});

test("given back, nothing is unsent", () => {
  const kept = storage();
  const unsent = new Unsent(kept, "c1");
  unsent.add("Hello.");
  assert.deepEqual(unsent.clear(), ["Hello."]);
  assert.deepEqual(new Unsent(kept, "c1").texts, []);
});

test("a browser that stores nothing, or nonsense, is no reason to fail", () => {
  const refusing = {
    getItem: () => "nonsense",
    setItem: () => {
      throw new Error("no storage");
    },
    removeItem: () => {},
  };
  const unsent = new Unsent(refusing, "c1");
  unsent.add("Hello.");
  assert.deepEqual(unsent.texts, ["Hello."]);
});

test("a page that is loaded again knows whether something is left to send", () => {
  const kept = storage();
  assert.equal(isUnsent(kept, "c1", []), false);
  new Unsent(kept, "c1").add("Hello.");
  assert.equal(isUnsent(kept, "c1", [stored("u1", "Other.")]), true);
  assert.equal(isUnsent(kept, "c2", []), false);
  assert.equal(isUnsent(kept, "c1", [stored("u1", "Hello.")]), false);
  assert.equal(isUnsent(kept, "c1", []), false);
});
