import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { Due } from "../../chatbot/static/chatbot/js/due.js";
import { Sender } from "../../chatbot/static/chatbot/js/sender.js";

const FRAME = new ArrayBuffer(1920);
const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };

function sending() {
  const sent = [];
  const way = {
    open: true,
    sendEvent: (event) => sent.push(event.item?.content[0].text ?? event.type),
    sendAudio: () => sent.push("speech"),
  };
  const due = new Due();
  const sender = new Sender(way, "c1", storage, due);
  const tell = (type, fields = {}) => {
    due.receive({ type, ...fields });
    sender.receive({ type, ...fields });
  };
  const voice = () => [1, 2, 3].forEach(() => sender.speech(FRAME, true));
  const begin = (first = [], fields = {}) => {
    const started = { type: "chat.call.started", conversation: { id: "c1" }, turns: [], ...fields };
    sender.receive(started);
    sender.begin({ spoken_ms_ago: null, ...started }, first);
  };
  const took = () => sent.splice(0);
  return { sender, way, begin, took, tell, voice };
}

test("what is said and typed before a server has taken the call is sent to it, in that order", () => {
  const { sender, way, begin, took } = sending();
  way.open = false;
  sender.speech(FRAME);
  sender.keep("Hello.");
  sender.typed(["Hello."]);
  sender.speech(FRAME);
  sender.event({ type: "chat.playback" });
  assert.deepEqual(took(), []);
  way.open = true;
  begin([{ type: "session.update" }]);
  assert.deepEqual(took(), ["session.update", "speech", "speech", "Hello.", "response.create"]);
});

test("what is in the conversation is not sent to the next call", () => {
  const { sender, way, begin, took } = sending();
  begin();
  sender.speech(FRAME);
  sender.keep("Hello.");
  sender.typed(["Hello."]);
  const started = { type: "input_audio_buffer.speech_started", item_id: "u1" };
  const committed = { type: "input_audio_buffer.committed", item_id: "u2" };
  sender.receive(started);
  sender.mark({ type: "input_audio_buffer.commit" });
  sender.receive(committed);
  sender.receive({ type: "chat.turn.saved", item_id: "u2" });
  const content = [{ type: "input_text", text: "Hello." }];
  sender.receive({ type: "conversation.item.added", item: { id: "u3", role: "user", content } });
  took();
  way.open = false;
  sender.lost();
  sender.speech(FRAME);
  way.open = true;
  begin();
  assert.deepEqual(took(), ["speech"]);
});

test("what the server says it has stored is not sent again, however it was lost", () => {
  const { sender, begin, took } = sending();
  begin();
  sender.hold(true);
  sender.speech(FRAME);
  sender.mark({ type: "input_audio_buffer.commit" });
  sender.hold(false);
  took();
  sender.lost();
  begin([], { spoken_ms_ago: 0 });
  assert.deepEqual(took(), []);
});

test("what has arrived counts only while a session listens", () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"] });
  const { sender, begin } = sending();
  begin();
  const arrive = () => {
    mock.timers.tick(2000);
    sender.arrived(Date.now());
    return sender.report().kept_speech_ms;
  };
  sender.speech(FRAME);
  assert.equal(arrive(), 40);
  sender.receive({ type: "chat.status", state: "ready" });
  assert.equal(arrive(), 0);
  sender.speech(FRAME);
  sender.lost();
  assert.equal(arrive(), 40);
  mock.timers.reset();
});

test("given back, typed messages are not sent again", () => {
  const { sender, begin, took } = sending();
  sender.keep("Hello.");
  assert.deepEqual(sender.takeUnsent(), ["Hello."]);
  begin();
  assert.deepEqual(took(), []);
});

const VOICE = ["speech", "speech", "speech"];
const RESPONSE = { response: { id: "r1" } };

/** The turn is heard, and its answer is being made. */
function answer(tell) {
  tell("chat.status", { state: "ready" });
  tell("input_audio_buffer.speech_started", { item_id: "u1" });
  tell("input_audio_buffer.speech_stopped", { item_id: "u1" });
  tell("input_audio_buffer.committed", { item_id: "u1" });
  tell("response.created", RESPONSE);
}

test("what was typed after something said follows when the answer to that has been heard", () => {
  const { sender, way, begin, took, tell, voice } = sending();
  way.open = false;
  voice();
  sender.keep("Two plus two?");
  way.open = true;
  begin();
  answer(tell);
  sender.sounding(true);
  tell("response.done", RESPONSE);
  assert.deepEqual(took(), VOICE);
  sender.sounding(false);
  assert.deepEqual(took(), ["Two plus two?", "response.create"]);
});

test("what was typed waits for an answer that is whole before it begins to sound", () => {
  const { sender, way, begin, took, tell, voice } = sending();
  way.open = false;
  voice();
  sender.keep("Two plus two?");
  way.open = true;
  begin();
  answer(tell);
  tell("chat.audio", { item_id: "a1" });
  tell("response.done", RESPONSE);
  sender.sounding(false);
  assert.deepEqual(took(), VOICE);
  sender.sounding(true);
  assert.deepEqual(took(), []);
  sender.sounding(false);
  assert.deepEqual(took(), ["Two plus two?", "response.create"]);
});

test("what was typed follows an answer that was interrupted before it sounded", () => {
  const { sender, way, begin, took, tell, voice } = sending();
  way.open = false;
  voice();
  sender.keep("Two plus two?");
  way.open = true;
  begin();
  answer(tell);
  tell("chat.audio", { item_id: "a1" });
  tell("response.done", RESPONSE);
  assert.deepEqual(took(), VOICE);
  tell("chat.interrupted", { item_id: "a1" });
  assert.deepEqual(took(), ["Two plus two?", "response.create"]);
});

test("what was typed before something said is answered with it", () => {
  const { sender, way, begin, took, tell, voice } = sending();
  way.open = false;
  sender.keep("Two plus two?");
  voice();
  way.open = true;
  begin();
  answer(tell);
  tell("response.done", RESPONSE);
  assert.deepEqual(took(), ["Two plus two?", ...VOICE]);
});

test("what was typed does not wait for long for what was no speech, nor for more that is typed", () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { sender, way, begin, took, tell, voice } = sending();
  way.open = false;
  sender.keep("First.");
  voice();
  sender.keep("Then.");
  way.open = true;
  begin();
  tell("chat.status", { state: "ready" });
  assert.deepEqual(took(), ["First.", ...VOICE]);
  mock.timers.tick(8000);
  assert.deepEqual(took(), ["Then.", "response.create"]);
  sender.lost();
  begin();
  took();
  sender.typed(["Now."]);
  assert.deepEqual(took(), ["Then.", "Now.", "response.create"]);
  mock.timers.tick(60_000);
  assert.deepEqual(took(), []);
  mock.timers.reset();
});
