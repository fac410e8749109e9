import assert from "node:assert/strict";
import test from "node:test";

import { SpeechBuffer } from "../../chatbot/static/chatbot/js/speechbuffer.js";

const COMMIT = { type: "input_audio_buffer.commit" };
const CREATE = { type: "response.create" };

/** A buffer into which seconds are spoken; each frame of 40 ms holds the second it was said in. */
function spoken() {
  const clock = { ms: 1_000_000 };
  const buffer = new SpeechBuffer(() => clock.ms);
  let second = 0;
  const say = (seconds) => {
    for (let i = 0; i < seconds * 25; i++) {
      clock.ms += 40;
      buffer.push(new Uint8Array(1920).fill(second + Math.floor(i / 25)).buffer);
    }
    second += seconds;
  };
  const hear = (type, fields = {}) => buffer.receive({ type, ...fields });
  /** The seconds that are kept, each named once, and the events among them. */
  const kept = () => {
    const names = buffer
      .take()
      .map((piece) => ("pcm" in piece ? new Uint8Array(piece.pcm)[0] : piece.event.type));
    return names.filter((name, i) => name !== names[i - 1]);
  };
  return { buffer, clock, say, hear, kept };
}

const started = (buffer, item_id) => buffer("input_audio_buffer.speech_started", { item_id });
const committed = (buffer, item_id) => buffer("input_audio_buffer.committed", { item_id });
const saved = (buffer, item_id) => buffer("chat.turn.saved", { item_id });

test("what is said before a server has answered is kept from the first frame", () => {
  const { say, kept } = spoken();
  say(3);
  assert.deepEqual(kept(), [0, 1, 2]);
});

test("no more than 15 s are kept, the newest", () => {
  const { buffer, say, kept } = spoken();
  say(20);
  assert.deepEqual(kept(), [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  assert.equal(buffer.lengthMs, 15_000);
  assert.equal(buffer.droppedMs, 5000);
});

test("while nobody speaks, what has arrived is kept for a second", () => {
  const { buffer, clock, say } = spoken();
  say(5);
  buffer.arrived(clock.ms);
  say(5);
  assert.equal(buffer.lengthMs, 6040);
  buffer.arrived(clock.ms);
  assert.equal(buffer.lengthMs, 1040);
});

test("a turn is kept from a second before its start until it is saved", () => {
  const { buffer, clock, say, hear, kept } = spoken();
  say(5);
  started(hear, "u1");
  say(3);
  buffer.arrived(clock.ms);
  assert.equal(buffer.lengthMs, 8000);
  committed(hear, "u1");
  buffer.arrived(clock.ms);
  assert.equal(buffer.lengthMs, 8000);
  say(1);
  saved(hear, "u1");
  assert.deepEqual(kept(), [7, 8]);
});

test("a turn that the end of its call cut off is said again", () => {
  const { buffer, say, hear, kept } = spoken();
  started(hear, "u1");
  say(3);
  committed(hear, "u1");
  hear("chat.turn.saved", { item_id: "u1", status: "failed" });
  buffer.lost();
  hear("chat.call.started", { turns: [{ item_id: "u1", status: "failed" }] });
  assert.deepEqual(kept(), [0, 1, 2]);
});

test("a turn that comes to nothing is let go", () => {
  for (const ending of [
    ["conversation.item.deleted", { item_id: "u1" }],
    ["conversation.item.input_audio_transcription.completed", { item_id: "u1", transcript: " " }],
    ["conversation.item.input_audio_transcription.failed", { item_id: "u1" }],
  ]) {
    const { buffer, clock, say, hear } = spoken();
    started(hear, "u1");
    say(3);
    committed(hear, "u1");
    buffer.arrived(clock.ms);
    hear(...ending);
    assert.equal(buffer.lengthMs, 200, ending[0]);
  }
});

test("the next sentence is kept when the one before is saved", () => {
  const { say, hear, kept } = spoken();
  started(hear, "u1");
  say(2);
  committed(hear, "u1");
  say(1);
  started(hear, "u2");
  say(2);
  saved(hear, "u1");
  assert.deepEqual(kept().slice(-3), [2, 3, 4]);
});

test("while no session listens, all is kept", () => {
  const { buffer, clock, say } = spoken();
  buffer.arrived(clock.ms);
  say(8);
  buffer.lost();
  say(4);
  assert.equal(buffer.lengthMs, 12_000);
});

test("what was sent again is kept until the new call has saved it", () => {
  const { buffer, say, hear, kept } = spoken();
  started(hear, "u1");
  say(3);
  buffer.lost();
  assert.deepEqual(kept(), [0, 1, 2]);
  say(1);
  started(hear, "n1");
  committed(hear, "n1");
  assert.deepEqual(kept(), [0, 1, 2, 3]);
});

test("a turn that was saved unheard by us is not said again: by its id, or by its age", () => {
  const byId = spoken();
  started(byId.hear, "u1");
  byId.say(3);
  committed(byId.hear, "u1");
  byId.buffer.lost();
  byId.say(2);
  byId.hear("chat.call.started", { turns: [{ item_id: "u1" }] });
  assert.deepEqual(byId.kept(), [2, 3, 4]);

  const byAge = spoken();
  byAge.buffer.arrived(byAge.clock.ms);
  byAge.say(6);
  byAge.buffer.savedUntil(2500);
  assert.deepEqual(byAge.kept(), [3, 4, 5]);
});

test("a held turn is kept whole, with its end, until it is saved", () => {
  const { buffer, clock, say, hear, kept } = spoken();
  buffer.note({ type: "input_audio_buffer.clear" });
  buffer.hold(true);
  say(4);
  buffer.arrived(clock.ms);
  buffer.note(COMMIT);
  buffer.note(CREATE);
  buffer.hold(false);
  buffer.arrived(clock.ms);
  assert.deepEqual(kept(), [0, 1, 2, 3, COMMIT.type, CREATE.type]);
  committed(hear, "u1");
  saved(hear, "u1");
  assert.deepEqual(kept(), []);
});

test("two held turns are told apart to the frame", () => {
  const { buffer, say, hear, kept } = spoken();
  for (let turn = 0; turn < 2; turn++) {
    say(1);
    buffer.note(COMMIT);
    buffer.note(CREATE);
  }
  committed(hear, "u1");
  committed(hear, "u2");
  saved(hear, "u1");
  assert.deepEqual(kept(), [1, COMMIT.type, CREATE.type]);
});

test("a held turn that was saved unheard by us is not said again, nor asked for again", () => {
  const { buffer, clock, say, kept } = spoken();
  buffer.hold(true);
  say(2);
  buffer.note(COMMIT);
  buffer.note(CREATE);
  buffer.hold(false);
  clock.ms += 5000;
  buffer.lost();
  buffer.savedUntil(4000);
  assert.deepEqual(kept(), []);
});

test("a press that came to nothing is forgotten", () => {
  const { buffer, say, kept } = spoken();
  say(1);
  buffer.note({ type: "input_audio_buffer.clear" });
  assert.deepEqual(kept(), []);
});

test("what a press without words clears is not the turn before it", () => {
  const { buffer, say, kept } = spoken();
  say(2);
  buffer.note(COMMIT);
  buffer.note(CREATE);
  buffer.note({ type: "input_audio_buffer.clear" });
  say(1);
  buffer.note({ type: "input_audio_buffer.clear" });
  assert.deepEqual(kept(), [0, 1, COMMIT.type, CREATE.type]);
  assert.equal(buffer.lengthMs, 2000);
});
