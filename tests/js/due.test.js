import assert from "node:assert/strict";
import test from "node:test";

import { Due } from "../../chatbot/static/chatbot/js/due.js";

const created = (id) => ({ type: "response.created", response: { id } });
const done = (id) => ({ type: "response.done", response: { id } });

function after(...events) {
  const due = new Due();
  for (const event of events) due.receive(event);
  return due;
}

test("an answer is due from the request to its end", () => {
  const due = after();
  assert.equal(due.any, false);
  due.send({ type: "response.create" });
  assert.deepEqual([due.any, due.isMade], [true, false]);
  due.receive(created("r1"));
  assert.deepEqual([due.any, due.isMade], [true, true]);
  due.receive(done("r0"));
  assert.equal(due.any, true);
  due.receive(done("r1"));
  assert.equal(due.any, false);
});

test("speech asks for an answer, a sound without words does not", () => {
  const stopped = { type: "input_audio_buffer.speech_stopped", item_id: "u1" };
  const completed = "conversation.item.input_audio_transcription.completed";
  assert.equal(after(stopped).any, true);
  assert.equal(after(stopped, { type: completed, transcript: "Hello." }).any, true);
  assert.equal(after(stopped, { type: completed, transcript: " " }).any, false);
  assert.equal(after(stopped, { type: "chat.resumed" }).any, false);
});

test("a tool that waits or runs is part of an answer", () => {
  const asked = { type: "chat.tool.asked", call_id: "t1" };
  const finished = (status) => ({ type: "chat.tool.finished", call_id: "t1", status });
  const events = [created("r1"), asked, done("r1")];
  assert.equal(after(...events).any, true);
  assert.equal(after(...events, finished("completed")).any, true);
  assert.equal(after(...events, finished("interrupted")).any, false);
});

test("what is stopped is not waited for, and a new call knows nothing of the one before", () => {
  const due = after();
  due.send({ type: "response.create" });
  due.send({ type: "response.cancel" });
  assert.equal(due.any, false);
  const lost = after(created("r1"));
  lost.receive({ type: "chat.call.started", turns: [], resumed: false });
  assert.equal(lost.any, false);
  lost.receive({ type: "chat.call.started", turns: [], resumed: true });
  assert.equal(lost.any, true);
});
