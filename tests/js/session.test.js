import assert from "node:assert/strict";
import test from "node:test";

import { merged, TalkMode } from "../../chatbot/static/chatbot/js/session.js";

const updated = (turn_detection) => ({
  type: "session.updated",
  session: { audio: { input: { turn_detection } } },
});
const VAD = { type: "semantic_vad", eagerness: "low" };

test("push-to-talk asks for no turn detection, hands-free for the persona's own", () => {
  const mode = new TalkMode();
  assert.equal(mode.receive(updated(VAD)), "hands-free");
  const change = mode.change("push-to-talk");
  assert.deepEqual(change.session, { type: "realtime", audio: { input: { turn_detection: null } } });
  assert.equal(mode.receive(updated(null)), "push-to-talk");
  assert.deepEqual(mode.change("hands-free").session.audio.input.turn_detection, VAD);
});

test("a persona without turn detection is push-to-talk by itself", () => {
  assert.equal(new TalkMode().receive(updated(null)), "push-to-talk");
});

test("until it is answered, an older state of the session does not count", () => {
  const mode = new TalkMode();
  mode.change("push-to-talk");
  assert.equal(mode.receive(updated(VAD)), null);
  assert.equal(mode.receive(updated(null)), "push-to-talk");
  assert.equal(mode.receive(updated(VAD)), "hands-free");
});

test("what the persona does not leave to the user goes back", () => {
  const mode = new TalkMode();
  mode.receive(updated(VAD));
  const { event_id } = mode.change("push-to-talk");
  assert.equal(mode.receive({ type: "chat.error", event_id: "other" }), null);
  assert.equal(mode.receive({ type: "chat.error", event_id }), "hands-free");
});

test("changes of the session add up; turn detection is replaced as a whole", () => {
  const first = { audio: { output: { voice: "ash" }, input: { turn_detection: VAD } } };
  const second = { audio: { output: { speed: 1.25 }, input: { turn_detection: { type: "server_vad" } } } };
  assert.deepEqual(merged(first, second), {
    audio: { output: { voice: "ash", speed: 1.25 }, input: { turn_detection: { type: "server_vad" } } },
  });
  assert.deepEqual(merged(first, { audio: { input: { turn_detection: null } } }).audio.input, {
    turn_detection: null,
  });
});
