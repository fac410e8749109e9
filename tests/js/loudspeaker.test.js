import assert from "node:assert/strict";
import test from "node:test";

import { Loudspeaker } from "../../chatbot/static/chatbot/js/loudspeaker.js";

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
