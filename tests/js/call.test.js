import assert from "node:assert/strict";
import test from "node:test";

import { IDLE, isUnderWay, phaseOf, sentenceOf, step } from "../../chatbot/static/chatbot/js/call.js";
import { say } from "../../chatbot/static/chatbot/js/messages.js";

const event = (type, fields = {}) => ({ type: "event", event: { type, ...fields } });
const after = (...signals) => signals.reduce(step, IDLE);

const ready = event("chat.status", { state: "ready", message: "" });
const open = [{ type: "dial" }, ready, { type: "microphone", state: "on" }];
const answering = event("response.created", { response: { id: "r1" } });
const answered = event("response.done", { response: { id: "r1", status: "completed" } });

test("a call goes from idle by connecting to listening", () => {
  assert.equal(phaseOf(IDLE), "idle");
  assert.equal(phaseOf(after({ type: "dial" })), "connecting");
  assert.equal(phaseOf(after(...open)), "listening");
});

test("while connecting, the server's word is shown", () => {
  const loading = event("chat.status", { state: "connecting", message: "The engine is loading." });
  assert.equal(sentenceOf(after({ type: "dial" }, loading)), "The engine is loading.");
});

test("a spoken turn is heard, thought about, answered and played to its end", () => {
  const phases = [
    event("input_audio_buffer.speech_started"),
    event("input_audio_buffer.speech_stopped"),
    answering,
    { type: "playing", playing: true },
    answered,
    { type: "playing", playing: false },
  ].map((_, i, signals) => phaseOf(after(...open, ...signals.slice(0, i + 1))));
  assert.deepEqual(phases, [
    "hearing",
    "thinking",
    "thinking",
    "speaking",
    "speaking",
    "listening",
  ]);
});

test("the end of an older response does not end the present one", () => {
  const next = event("response.created", { response: { id: "r2" } });
  assert.equal(phaseOf(after(...open, answering, next, answered)), "thinking");
});

test("words that came to nothing leave nobody thinking", () => {
  const nothing = event("conversation.item.input_audio_transcription.completed", {
    transcript: " ",
  });
  const state = after(...open, event("input_audio_buffer.speech_stopped"), nothing);
  assert.equal(phaseOf(state), "listening");
});

test("a typed question is thought about at once", () => {
  assert.equal(phaseOf(after(...open, { type: "asked" })), "thinking");
});

test("a microphone that is refused leaves a call for typing, and says so", () => {
  const refused = { type: "microphone", state: "off", notice: "Not allowed." };
  const state = after({ type: "dial" }, refused, ready);
  assert.equal(phaseOf(state), "listening");
  assert.equal(sentenceOf(state), "Connected. Type a message.");
  assert.equal(state.notice.message, "Not allowed.");
  const granted = step(state, { type: "microphone", state: "on" });
  assert.equal(granted.notice, null);
  assert.equal(sentenceOf(granted), "Listening");
});

test("an error that is not fatal is shown until the next answer or until it is dismissed", () => {
  const error = event("chat.error", { code: "x", message: "Not possible.", fatal: false });
  const state = after(...open, { type: "asked" }, error);
  assert.equal(phaseOf(state), "listening");
  assert.equal(state.notice.message, "Not possible.");
  assert.equal(step(state, { type: "dismiss" }).notice, null);
  assert.equal(step(state, answering).notice, null);
});

test("a hang-up ends the call, a loss is an error with a way out", () => {
  const close = (code) => ({ type: "closed", closing: { code, message: "Why.", wayOut: "again" } });
  const ended = after(...open, answering, close(1000));
  assert.equal(phaseOf(ended), "ended");
  assert.equal(ended.notice, null);
  const lost = after(...open, answering, close(1006));
  assert.equal(phaseOf(lost), "error");
  assert.deepEqual(lost.notice, { message: "Why.", wayOut: "again" });
  assert.equal(isUnderWay(lost), false);
  assert.equal(phaseOf(step(lost, { type: "dial" })), "connecting");
});

test("sound that is reported after the end changes nothing", () => {
  const ended = after({ type: "closed", closing: { code: 1000, message: "", wayOut: "again" } });
  assert.equal(step(ended, { type: "playing", playing: true }), ended);
  assert.equal(step(ended, { type: "microphone", state: "on" }), ended);
});

test("a lost upstream is said calmly, and the call is as before once it is back", () => {
  const lost = event("chat.status", { state: "reconnecting", message: "Go on speaking." });
  const state = after(...open, lost);
  assert.equal(phaseOf(state), "reconnecting");
  assert.equal(sentenceOf(state), "Go on speaking.");
  assert.equal(phaseOf(step(state, ready)), "listening");
});

test("a slow upstream is said until it is there again, and goes on where it was", () => {
  const slow = event("chat.status", { state: "reconnecting", message: "Slow to answer." });
  const hearing = event("input_audio_buffer.speech_started", { item_id: "u1" });
  for (const [signal, phase] of [[answering, "thinking"], [hearing, "hearing"]]) {
    const state = after(...open, signal, slow, { type: "microphone", state: "on" });
    assert.equal(phaseOf(state), "reconnecting");
    assert.equal(sentenceOf(state), "Slow to answer.");
    assert.equal(phaseOf(step(state, ready)), phase);
  }
});

test("what ended with a lost upstream is not waited for", () => {
  const lost = event("chat.status", { state: "reconnecting", message: "Go on speaking." });
  const hearing = event("input_audio_buffer.speech_started", { item_id: "u1" });
  const gone = event("conversation.item.deleted", { item_id: "u1" });
  const older = event("conversation.item.deleted", { item_id: "u0" });
  assert.equal(phaseOf(after(...open, answering, answered, lost, ready)), "listening");
  assert.equal(phaseOf(after(...open, hearing, gone, lost, ready)), "listening");
  assert.equal(phaseOf(after(...open, hearing, lost, gone, ready)), "listening");
  assert.equal(phaseOf(after(...open, hearing, older)), "hearing");
});

test("a lost line is said calmly, through all that it takes to have it back", () => {
  const connecting = event("chat.status", { state: "connecting", message: "Still trying." });
  const lost = after(...open, answering, { type: "lost", isOnline: true });
  assert.equal(phaseOf(lost), "reconnecting");
  assert.equal(sentenceOf(lost), say("state.reconnecting"));
  assert.equal(isUnderWay(lost), true);
  assert.equal(lost.notice, null);
  const slow = step(lost, connecting);
  assert.equal(phaseOf(slow), "reconnecting");
  assert.equal(sentenceOf(slow), "Still trying.");
  const back = step(slow, ready);
  assert.equal(phaseOf(back), "listening");
  assert.equal(back.microphone, "on");
});

test("a question that was asked meanwhile is thought about once the line is back", () => {
  const back = after(...open, { type: "lost", isOnline: true }, { type: "asked" }, ready);
  assert.equal(phaseOf(back), "thinking");
});

test("a device without a network says that it waits for one", () => {
  const state = after(...open, { type: "lost", isOnline: false });
  assert.equal(sentenceOf(state), say("state.kept"));
  assert.equal(sentenceOf(step(state, { type: "lost", isOnline: true })), say("state.reconnecting"));
});

test("while an answer is paused for a sound, the user is heard", () => {
  const speaking = after(...open, answering, { type: "playing", playing: true });
  const paused = [
    event("input_audio_buffer.speech_started"),
    event("chat.paused", { generation: 0 }),
    { type: "playing", playing: false },
  ].reduce(step, speaking);
  assert.equal(phaseOf(paused), "hearing");
  const resumed = [event("chat.resumed"), { type: "playing", playing: true }].reduce(step, paused);
  assert.equal(phaseOf(resumed), "speaking");
});

test("muted, held, silenced and typing calls say what they wait for", () => {
  const sentence = (...signals) => sentenceOf(after(...open, ...signals));
  assert.equal(sentence({ type: "muted", muted: true }), say("state.muted"));
  assert.equal(sentence({ type: "mode", mode: "push-to-talk" }), say("state.hold"));
  assert.equal(sentence({ type: "silenced", silenced: true }), say("state.silenced"));
  assert.equal(sentence({ type: "microphone", state: "lost" }), say("state.typing"));
  assert.equal(sentence({ type: "sound", state: "blocked" }), say("state.blocked"));
  const off = { type: "sound", state: "on" };
  assert.equal(sentence({ type: "sound", state: "blocked" }, off), say("state.listening"));
});

test("a held button is heard, also where no turn detection says so", () => {
  const state = after(
    ...open,
    { type: "mode", mode: "push-to-talk" },
    { type: "talking", talking: true },
  );
  assert.equal(phaseOf(state), "hearing");
  assert.equal(phaseOf(step(state, { type: "talking", talking: false })), "listening");
  assert.equal(step(state, { type: "mode", mode: "hands-free" }).talking, false);
});

test("a call that was taken over has ended, and says where it goes on", () => {
  const closing = { code: 4409, message: "In another tab.", wayOut: "again" };
  const state = after(...open, { type: "closed", closing });
  assert.equal(phaseOf(state), "ended");
  assert.equal(state.notice.message, "In another tab.");
});

test("a call that staff have ended is no failure, and says what they said", () => {
  const closing = { code: 4410, message: "We repair something. Call again at noon.", wayOut: "again" };
  const state = after(...open, { type: "closed", closing });
  assert.equal(phaseOf(state), "ended");
  assert.equal(state.notice.message, "We repair something. Call again at noon.");
});

test("the page knows whether its call is recorded, and when that changes", () => {
  const started = after({ type: "dial" }, event("chat.call.started", { recorded: true }));
  assert.equal(started.recorded, true);
  assert.equal(step(started, event("chat.recording", { recorded: false })).recorded, false);
  assert.equal(step(started, event("chat.call.started")).recorded, false);
});

test("while a tool runs the assistant is thinking, unless the user has stopped it", () => {
  const running = after(...open, answering, answered, event("chat.tool.started", { call_id: "c1" }));
  assert.equal(phaseOf(running), "thinking");
  assert.equal(phaseOf(step(running, { type: "stopped" })), "listening");
  const finished = event("chat.tool.finished", { call_id: "c1", status: "completed" });
  assert.equal(phaseOf([finished, answering, answered].reduce(step, running)), "listening");
});
