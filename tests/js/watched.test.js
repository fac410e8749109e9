import assert from "node:assert/strict";
import test from "node:test";

import { goneBy, NONE, see } from "../../chatbot/static/chatbot/js/watched.js";

const AT = "2026-01-01T10:00:00Z";
const live = { conversation: { id: "c1" }, turns: [] };
const started = { type: "chat.watch.started", live };
const said = {
  type: "conversation.item.input_audio_transcription.completed",
  item_id: "i1",
  transcript: "Hello.",
};
const after = (conversation, ...events) =>
  events.reduce((watched, event) => see(watched, event, conversation, AT), NONE);

test("no call runs elsewhere", () => {
  assert.equal(after(null, { type: "chat.watch.started", live: null }).state, "none");
});

test("a call is here when this page shows its conversation, or none", () => {
  assert.equal(after("c1", started).state, "here");
  assert.equal(after(null, started).state, "here");
  assert.equal(after("c2", started).state, "elsewhere");
  assert.equal(after("c2", started).conversation, "c1");
});

test("its captions are folded, and stay when it is over", () => {
  const watched = after("c1", started, said, { type: "chat.call.ended", reason: "user" });
  assert.equal(watched.state, "over");
  assert.deepEqual(watched.transcript[0].parts, ["Hello."]);
});

test("a call that was elsewhere ends unseen, and a new one begins afresh", () => {
  assert.equal(after("c2", started, { type: "chat.call.ended" }).state, "none");
  const deleted = { type: "chat.call.ended", reason: "conversation_deleted" };
  assert.deepEqual(after("c1", started, said, deleted).transcript, []);
  const again = after("c1", started, said, { ...live, type: "chat.call.started" });
  assert.deepEqual(again.transcript, []);
});

test("captions stay when the worker dies with the socket, the answer as interrupted", () => {
  const answer = { type: "response.output_audio_transcript.delta", item_id: "a", response_id: "r", delta: "Hi" };
  const gone = { type: "chat.watch.started", live: null };
  const watched = after("c1", started, said, answer, gone);
  assert.equal(watched.state, "over");
  assert.deepEqual(
    watched.transcript.map(({ parts, status }) => [parts[0], status]),
    [
      ["Hello.", "completed"],
      ["Hi", "interrupted"],
    ],
  );
  assert.deepEqual(see(watched, gone, "c1", AT), watched);
});

test("what is stored when the call is over is shown as it is stored", () => {
  const turns = [{ item_id: "a", role: "assistant", text: "Hi there", status: "interrupted", heard_ms: 300, heard_text: "Hi" }];
  for (const over of [{ type: "chat.call.ended", turns }, { type: "chat.watch.started", live: null, turns }]) {
    const [answer] = after("c1", started, said, over).transcript;
    assert.deepEqual([answer.status, answer.heardMs, answer.heardText], ["interrupted", 300, "Hi"]);
  }
});

test("a tool that waits when the tab is opened is shown as its row says", () => {
  const tool = { item_id: "f", role: "tool", text: "", tool_name: "forget", status: "in_progress" };
  const finished = { type: "chat.tool.finished", item_id: "f", name: "forget", status: "completed", text: "Done." };
  const watched = after("c1", { ...started, live: { ...live, turns: [tool] } });
  assert.equal(watched.transcript[0].status, "in_progress");
  assert.deepEqual(see(watched, finished, "c1", AT).transcript[0].parts, ["Done."]);
});

test("what this page shows is cleared when it is deleted, and the page says so until the next call", () => {
  const deleted = { type: "chat.conversation.deleted", conversation: "c1" };
  const ended = { type: "chat.call.ended", reason: "conversation_deleted" };
  const over = { type: "chat.call.ended", reason: "user" };
  for (const events of [[], [started, said], [started, said, over]]) {
    const watched = after("c1", ...events, deleted);
    assert.deepEqual(watched, { ...NONE, state: "deleted" });
    assert.deepEqual(see(watched, ended, null, AT), watched);
    assert.deepEqual(see(watched, { type: "chat.watch.started", live: null }, null, AT), watched);
    assert.equal(see(watched, { ...live, type: "chat.call.started" }, null, AT).state, "here");
  }
  assert.equal(after(null, started, said, over, deleted).state, "deleted");
  assert.equal(after("c1", started, said, ended).state, "deleted");
  assert.equal(goneBy(deleted, NONE), "c1");
});

test("what is deleted elsewhere changes nothing of what is shown here", () => {
  const deleted = { type: "chat.conversation.deleted", conversation: "c3" };
  for (const own of ["c1", "c2", null]) {
    assert.deepEqual(after(own, started, said, deleted), after(own, started, said));
  }
  assert.deepEqual(after("c2", started, { ...deleted, conversation: "c1" }), NONE);
  const elsewhere = after("c2", started);
  assert.deepEqual(after("c2", started, { ...deleted, conversation: "c2" }), elsewhere);
});
