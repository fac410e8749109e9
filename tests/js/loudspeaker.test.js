import assert from "node:assert/strict";
import test from "node:test";

import { Loudspeaker } from "../../chatbot/static/chatbot/js/loudspeaker.js";

class FakeNode {
  static newest = null;
  port = { posted: [], postMessage: (message) => this.port.posted.push(message.type), close() {} };
  gain = { setTargetAtTime() {} };

  constructor() {
    FakeNode.newest = this;
  }

  connect() {}
}
Object.assign(globalThis, { AudioWorkletNode: FakeNode, GainNode: FakeNode });

/** One whose worklet says what the test says; answers have 1000 ms of sound. */
async function playing() {
  const speaker = speaking();
  const context = { currentTime: 10, audioWorklet: { addModule: async () => {} } };
  await speaker.loudspeaker.load(context, "");
  const { port } = FakeNode.newest;
  const answer = (generation, item_id) => {
    speaker.header(generation, item_id);
    for (let chunk = 0; chunk < 25; chunk += 1) speaker.sound();
  };
  const keyOf = (generation, itemId) => ({ generation, itemId, contentIndex: 0 });
  const plays = (itemId, playedMs, facts = {}) => {
    const at = context.currentTime;
    const status = { active: true, paused: false, queuedMs: 1000 - playedMs, underRuns: 0, level: 0.1 };
    port.onmessage({ data: { type: "status", key: keyOf(0, itemId), playedMs, at, ...status, ...facts } });
  };
  const ends = (itemId, playedMs) => {
    port.onmessage({ data: { type: "settled", key: keyOf(0, itemId), playedMs, state: "ended" } });
  };
  speaker.begin();
  return { ...speaker, context, posted: port.posted, answer, plays, ends };
}

/** One that no worklet answers: positions are those that were known last. */
function speaking() {
  const reports = [];
  const loudspeaker = new Loudspeaker({ status: () => {}, report: (event) => reports.push(event) });
  const header = (generation, item_id) =>
    loudspeaker.receive({ type: "chat.audio", generation, item_id, content_index: 0 });
  const sound = () => loudspeaker.audio(new ArrayBuffer(1920));
  const begin = (...turns) => loudspeaker.receive({ type: "chat.call.started", turns });
  return { loudspeaker, reports, header, sound, begin };
}

test("an answer is cut where the server knows it", async () => {
  const { loudspeaker, header, sound, begin } = speaking();
  begin();
  header(0, "a1");
  sound();
  assert.equal(loudspeaker.active, true);
  assert.deepEqual(await loudspeaker.cut(), {
    generation: 0,
    item_id: "a1",
    content_index: 0,
    played_ms: 0,
  });
  assert.equal(await loudspeaker.cut(), null);
});

test("a pause is reported with its position, once there is something to pause", async () => {
  const { loudspeaker, reports, header, sound, begin } = speaking();
  begin();
  loudspeaker.receive({ type: "chat.paused", generation: 0 });
  await new Promise(setImmediate);
  assert.deepEqual(reports, []);
  loudspeaker.receive({ type: "chat.resumed", generation: 0 });
  header(0, "a1");
  sound();
  loudspeaker.receive({ type: "chat.paused", generation: 0 });
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(reports, [
    {
      type: "chat.playback",
      generation: 0,
      item_id: "a1",
      content_index: 0,
      played_ms: 0,
      state: "paused",
    },
  ]);
});

test("the generations of the next call begin anew, and its sound is played", async () => {
  const { loudspeaker, header, sound, begin } = speaking();
  begin();
  header(4, "a1");
  sound();
  await loudspeaker.cut();
  await loudspeaker.lost();
  begin();
  header(0, "a2");
  sound();
  assert.equal(loudspeaker.active, true);
  assert.equal((await loudspeaker.cut()).generation, 0);
});

test("an answer of a lost call that is not stored whole is cut: it is given again", async () => {
  const { loudspeaker, header, sound, begin } = speaking();
  begin();
  header(0, "a1");
  sound();
  await loudspeaker.lost();
  assert.equal(loudspeaker.active, true);
  begin({ item_id: "a1", status: "interrupted" });
  assert.equal(loudspeaker.active, false);
});

test("what was in doubt when the line went is not played on", async () => {
  const { loudspeaker, header, sound, begin } = speaking();
  begin();
  header(0, "a1");
  sound();
  loudspeaker.receive({ type: "chat.paused", generation: 0 });
  await loudspeaker.lost();
  assert.equal(loudspeaker.active, false);
});

test("nobody is told where an answer of the call before was cut", async () => {
  const { loudspeaker, header, sound, begin } = speaking();
  begin();
  header(0, "a1");
  sound();
  const cut = loudspeaker.cut();
  begin();
  assert.equal(await cut, null);
});

test("an answer that is all here and stored goes on without its call", async () => {
  const { loudspeaker, header, sound, begin } = speaking();
  begin();
  header(0, "a1");
  sound();
  assert.equal(loudspeaker.whole, null);
  loudspeaker.receive({ type: "chat.turn.saved", item_id: "u1", status: "completed" });
  assert.equal(loudspeaker.whole, null);
  loudspeaker.receive({ type: "chat.turn.saved", item_id: "a1", status: "completed" });
  assert.equal(loudspeaker.whole, "a1");
  await loudspeaker.lost();
  begin({ item_id: "a1", status: "completed" });
  assert.equal(loudspeaker.active, true);
  await loudspeaker.cut();
  assert.equal(loudspeaker.whole, null);
});

test("nothing is said of an answer that has not begun to sound", async () => {
  const { loudspeaker, answer } = await playing();
  assert.equal(loudspeaker.heard, null);
  answer(0, "a1");
  assert.equal(loudspeaker.heard, null);
});

test("an answer was heard as far as it has played since its worklet last spoke", async () => {
  const { loudspeaker, answer, plays, context } = await playing();
  answer(0, "a1");
  plays("a1", 400.7);
  assert.deepEqual(loudspeaker.heard, { heard: "a1", played: "400", received: "1000" });
  context.currentTime += 1 / 32;
  assert.equal(loudspeaker.heard.played, "431");
});

test("no more was heard than was there to be played, nor anything while it was paused", async () => {
  const { loudspeaker, answer, plays, context } = await playing();
  answer(0, "a1");
  plays("a1", 900, { queuedMs: 20 });
  context.currentTime += 5;
  assert.equal(loudspeaker.heard.played, "920");
  plays("a1", 920, { paused: true });
  context.currentTime += 5;
  assert.equal(loudspeaker.heard.played, "920");
});

test("an answer that was played to its end was heard to its end", async () => {
  const { loudspeaker, answer, plays, ends, context } = await playing();
  answer(0, "a1");
  plays("a1", 960);
  ends("a1", 1000);
  context.currentTime += 5;
  assert.deepEqual(loudspeaker.heard, { heard: "a1", played: "1000", received: "1000" });
});

test("it is the answer that sounds that was heard, though the next one has come", async () => {
  const { loudspeaker, answer, plays } = await playing();
  answer(0, "a1");
  plays("a1", 400);
  answer(0, "a2");
  assert.equal(loudspeaker.heard.heard, "a1");
  plays("a2", 100);
  assert.deepEqual(loudspeaker.heard, { heard: "a2", played: "100", received: "1000" });
});

test("nothing is said of an answer that was heard when the next one has come", async () => {
  const { loudspeaker, answer, plays, ends } = await playing();
  answer(0, "a1");
  plays("a1", 400);
  ends("a1", 1000);
  plays("a1", 1000, { active: false, queuedMs: 0 });
  answer(0, "a2");
  assert.equal(loudspeaker.heard, null);
});

test("what is told to the next call is all that is heard: an answer is silent while it is dialled", async () => {
  const { loudspeaker, answer, plays, posted, begin } = await playing();
  answer(0, "a1");
  plays("a1", 400);
  loudspeaker.hold();
  assert.equal(posted.at(-1), "pause");
  await loudspeaker.lost();
  assert.equal(posted.at(-1), "resume");
  loudspeaker.hold();
  begin({ item_id: "a1", status: "interrupted" });
  assert.equal(posted.at(-1), "flush");
});

test("an answer that is stored whole sounds on while the next call is dialled, or after it", async () => {
  const { loudspeaker, answer, plays, posted, begin } = await playing();
  answer(0, "a1");
  plays("a1", 400);
  loudspeaker.hold();
  begin({ item_id: "a1", status: "completed" });
  assert.equal(posted.at(-1), "resume");
  loudspeaker.receive({ type: "chat.turn.saved", item_id: "a1", status: "completed" });
  loudspeaker.hold();
  assert.equal(posted.at(-1), "resume");
});

test("a page that goes away tells how far the answer was heard, if one sounds", async () => {
  const { loudspeaker, answer, plays, reports, context } = await playing();
  loudspeaker.tell();
  assert.deepEqual(reports, []);
  answer(0, "a1");
  plays("a1", 400);
  reports.length = 0;
  context.currentTime += 1 / 32;
  loudspeaker.tell();
  const [{ item_id, played_ms, state }] = reports;
  assert.deepEqual([item_id, played_ms, state], ["a1", 431, "playing"]);
});
