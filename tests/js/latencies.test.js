import assert from "node:assert/strict";
import test from "node:test";

import { Latencies } from "../../chatbot/static/chatbot/js/latencies.js";

function measured() {
  const clock = { ms: 10_000 };
  const latencies = new Latencies(() => clock.ms);
  const after = (ms, type, fields = {}) => {
    clock.ms += ms;
    latencies.receive({ type, ...fields });
  };
  return { clock, latencies, after };
}

test("a spoken turn is measured from the end of the speech, stage by stage", () => {
  const { clock, latencies, after } = measured();
  const turn_detection = { type: "server_vad", silence_duration_ms: 500 };
  after(0, "session.updated", { session: { audio: { input: { turn_detection } } } });
  after(5000, "input_audio_buffer.speech_stopped", { item_id: "u1" });
  after(1, "input_audio_buffer.committed", { item_id: "u1" });
  after(99, "response.created", { response: { id: "r1" } });
  after(200, "conversation.item.input_audio_transcription.completed", { item_id: "u1" });
  after(100, "chat.audio", { item_id: "a1" });
  clock.ms += 80;
  latencies.sounded("a1");
  after(1000, "chat.audio", { item_id: "a2" });
  latencies.sounded("a1");
  assert.deepEqual(latencies.answered, [
    {
      item_id: "u1",
      answer_id: "a1",
      end_noticed_ms: 500,
      words_known_ms: 800,
      answer_begun_ms: 600,
      speech_end_to_first_audio_ms: 900,
      first_sound_ms: 980,
    },
  ]);
});

test("a held turn begins with its commit, a typed one with its item", () => {
  const { latencies, after } = measured();
  after(0, "input_audio_buffer.committed", { item_id: "u1" });
  after(300, "chat.audio", { item_id: "a1" });
  after(5000, "conversation.item.added", { item: { id: "u2", role: "user" } });
  after(400, "chat.audio", { item_id: "a2" });
  const waits = latencies.answered.map((wait) => [wait.item_id, wait.speech_end_to_first_audio_ms]);
  assert.deepEqual(waits, [["u1", 300], ["u2", 400]]);
});

test("a turn without an answer is not shown", () => {
  const { latencies, after } = measured();
  after(0, "input_audio_buffer.speech_stopped", { item_id: "u1" });
  assert.deepEqual(latencies.answered, []);
});
