import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { EMPTY, fold, turnsOf, withUnsent } from "../../chatbot/static/chatbot/js/transcript.js";
import { textOf } from "../../chatbot/static/chatbot/js/turn.js";

const run = (events, from = EMPTY) => events.reduce((state, event) => fold(state, event), from);
const lines = (state) => turnsOf(state).map((turn) => `${turn.role}: ${textOf(turn)} (${turn.status})`);

const RECORDINGS = new URL("../recordings/", import.meta.url);
const SETTLED = ["completed", "interrupted", "incomplete", "failed"];

/** What is to be kept of a transcript: the same as the Python fold keeps. */
const kept = (state) =>
  turnsOf(state)
    .map((turn) => ({ item_id: turn.itemId, role: turn.role, status: turn.status, text: textOf(turn), error: turn.error }))
    .filter(({ status, text, error }) => SETTLED.includes(status) && (text || error || status === "failed"))
    .map(({ error, ...turn }) => turn);

for (const name of readdirSync(RECORDINGS).filter((file) => file.endsWith(".json"))) {
  const { what, events, turns } = JSON.parse(readFileSync(new URL(name, RECORDINGS), "utf8"));
  test(`recording: ${what}`, () => assert.deepEqual(kept(run(events)), turns));
}

const started = (item_id) => ({ type: "input_audio_buffer.speech_started", item_id });
const committed = (item_id, previous_item_id = null) => ({
  type: "input_audio_buffer.committed",
  item_id,
  previous_item_id,
});
const TRANSCRIPTION = "conversation.item.input_audio_transcription";
const heard = (item_id, transcript) => ({ type: `${TRANSCRIPTION}.completed`, item_id, transcript });
const spokenItem = (id, previous_item_id = null) => ({
  type: "conversation.item.added",
  previous_item_id,
  item: { id, type: "message", role: "user", status: "completed", content: [{ type: "input_audio", transcript: null }] },
});
const answerItem = (id, previous_item_id, status = "in_progress", text = "") => ({
  type: status === "in_progress" ? "conversation.item.added" : "conversation.item.done",
  previous_item_id,
  item: {
    id,
    type: "message",
    role: "assistant",
    status,
    content: text ? [{ type: "output_audio", transcript: text }] : [],
  },
});
const said = (item_id, delta) => ({
  type: "response.output_audio_transcript.delta",
  response_id: "r1",
  item_id,
  content_index: 0,
  delta,
});
const saidAll = (item_id, transcript) => ({
  type: "response.output_audio_transcript.done",
  response_id: "r1",
  item_id,
  content_index: 0,
  transcript,
});
const finished = (status, output = []) => ({
  type: "response.done",
  response: { id: "r1", status, output },
});

const QUESTION = [started("u"), committed("u"), spokenItem("u")];
const ANSWER = [
  { ...answerItem("a", undefined), type: "response.output_item.added", response_id: "r1" },
  answerItem("a", "u"),
  said("a", "Four"),
  said("a", " of course."),
  saidAll("a", "Four of course."),
  answerItem("a", "u", "completed", "Four of course."),
  finished("completed"),
];

test("a spoken question and its answer", () => {
  const state = run([...QUESTION, heard("u", "Two and two? "), ...ANSWER]);
  assert.deepEqual(lines(state), [
    "user: Two and two? (completed)",
    "assistant: Four of course. (completed)",
  ]);
});

test("a question recognised after its answer stands before it", () => {
  const state = run([...QUESTION, ...ANSWER, heard("u", "Two and two?")]);
  assert.deepEqual(lines(state), [
    "user: Two and two? (completed)",
    "assistant: Four of course. (completed)",
  ]);
});

test("what is still going on is shown as such", () => {
  assert.deepEqual(lines(run([started("u")])), ["user:  (speaking)"]);
  assert.deepEqual(lines(run(QUESTION)), ["user:  (transcribing)"]);
  const deltas = ["Two", " and"].map((delta) => ({ type: `${TRANSCRIPTION}.delta`, item_id: "u", delta }));
  assert.deepEqual(lines(run([...QUESTION, ...deltas])), ["user: Two and (transcribing)"]);
  assert.deepEqual(lines(run([...QUESTION, heard("u", "Hm?"), ...ANSWER.slice(0, 3)])), [
    "user: Hm? (completed)",
    "assistant: Four (in_progress)",
  ]);
});

test("events that come twice change nothing, deltas aside", () => {
  const events = [...QUESTION, heard("u", "Two and two?"), ...ANSWER];
  const twice = events.flatMap((event) => (event.type.endsWith(".delta") ? [event] : [event, event]));
  assert.deepEqual(run(twice), run(events));
});

test("a predecessor that comes late is put before those that named it", () => {
  const late = [
    answerItem("a", "u", "completed", "Four."),
    { ...answerItem("b", "a", "completed", "Five.") },
    committed("u", "root"),
    heard("u", "Two and two?"),
  ];
  assert.deepEqual(lines(run(late)), [
    "user: Two and two? (completed)",
    "assistant: Four. (completed)",
    "assistant: Five. (completed)",
  ]);
  const unplaced = [answerItem("a", "u", "completed", "Four."), answerItem("b", "a", "completed", "Five."), started("x"), heard("x", "Later."), committed("u"), heard("u", "Two?")];
  assert.deepEqual(turnsOf(run(unplaced)).map(({ itemId }) => itemId), ["x", "u", "a", "b"]);
});

test("predecessors that go in a circle end somewhere", () => {
  const state = run([answerItem("a", "b"), answerItem("b", "a"), answerItem("a", "b"), answerItem("c", "c")]);
  assert.deepEqual(turnsOf(state).map(({ itemId }) => itemId).sort(), ["a", "b", "c"]);
});

test("an answer goes behind its question although the user speaks again", () => {
  const state = run([...QUESTION, started("u2"), answerItem("a", "u"), said("a", "Four")]);
  assert.deepEqual(turnsOf(state).map(({ itemId }) => itemId), ["u", "a", "u2"]);
});

test("an answer cut while it is made is interrupted at the heard point", () => {
  const state = run([
    ...QUESTION,
    heard("u", "Tell me."),
    ...ANSWER.slice(0, 4),
    started("u2"),
    answerItem("a", "u", "incomplete", "Four of course."),
    finished("cancelled", [{ id: "a", status: "incomplete" }]),
    { type: "chat.interrupted", item_id: "a", heard_ms: 420, heard_text: "Four" },
    { type: "conversation.item.truncated", item_id: "a", content_index: 0, audio_end_ms: 420 },
  ]);
  const answer = turnsOf(state)[1];
  assert.deepEqual([answer.status, answer.heardMs, answer.heardText], ["interrupted", 420, "Four"]);
  assert.equal(textOf(answer), "Four of course.");
});

test("an answer cut after it was made, while it plays, is interrupted too", () => {
  const state = run([
    ...QUESTION,
    ...ANSWER,
    { type: "chat.interrupted", item_id: "a", heard_ms: 0, heard_text: "" },
    { type: "conversation.item.deleted", item_id: "a" },
  ]);
  assert.equal(turnsOf(state)[1].status, "interrupted");
  assert.equal(turnsOf(state)[1].heardMs, 0);
});

test("what follows an answer of which nothing was heard stands behind it", () => {
  const order = (/** @type {any[]} */ events) => turnsOf(run(events)).map(({ itemId }) => itemId);
  const cut = [
    ...QUESTION,
    ...ANSWER,
    { type: "chat.interrupted", item_id: "a", heard_ms: 0, heard_text: "" },
    { type: "conversation.item.deleted", item_id: "a" },
  ];
  assert.deepEqual(order([...cut, started("u2"), committed("u2", "u"), spokenItem("u2", "u")]), ["u", "a", "u2"]);
  assert.deepEqual(order([...cut, spokenItem("u2", "u"), answerItem("b", "u2")]), ["u", "a", "u2", "b"]);
});

test("an answer that the service cut short or failed says so", () => {
  const cut = answerItem("a", "u", "incomplete", "Four of");
  const short = run([...QUESTION, ...ANSWER.slice(0, 4), cut, finished("incomplete")]);
  assert.equal(turnsOf(short)[1].status, "incomplete");
  const failed = run([...QUESTION, ...ANSWER.slice(0, 4), finished("failed")]);
  assert.equal(turnsOf(failed)[1].status, "failed");
});

test("speech that was not recognised is kept as failed", () => {
  const failed = { type: `${TRANSCRIPTION}.failed`, item_id: "u", error: { message: "?" } };
  assert.deepEqual(lines(run([...QUESTION, failed])), ["user:  (failed)"]);
});

test("speech that came to nothing is not shown, and keeps the order", () => {
  assert.deepEqual(lines(run([...QUESTION, heard("u", " ")])), []);
  assert.deepEqual(lines(run([started("u"), { type: "input_audio_buffer.cleared" }])), []);
  const state = run([...QUESTION, heard("u", ""), started("u2"), ...ANSWER, spokenItem("u")]);
  assert.deepEqual(turnsOf(state).map(({ itemId }) => itemId), ["a", "u2"]);
});

test("a typed question is there at once", () => {
  const typed = {
    type: "conversation.item.added",
    previous_item_id: null,
    item: { id: "t", type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] },
  };
  const [turn] = turnsOf(run([typed]));
  assert.deepEqual([turn.modality, turn.status, textOf(turn)], ["text", "completed", "Hello"]);
  assert.deepEqual(lines(withUnsent(run([typed]), ["And?"])).at(-1), "user: And? (sending)");
});

test("tool calls are shown, their output and system messages are not", () => {
  const item = (fields, previous_item_id) => ({
    type: "conversation.item.added",
    previous_item_id,
    item: fields,
  });
  const state = run([
    ...QUESTION,
    item({ id: "f", type: "function_call", name: "clock" }, "u"),
    item({ id: "o", type: "function_call_output", output: "noon" }, "f"),
    item({ id: "s", type: "message", role: "system", content: [{ type: "input_text", text: "x" }] }, "o"),
    started("u2"),
    answerItem("a", "s", "completed", "Noon."),
  ]);
  assert.deepEqual(turnsOf(state).map(({ itemId, role }) => `${itemId} ${role}`), [
    "u user",
    "f tool",
    "a assistant",
    "u2 user",
  ]);
});

test("stored turns stay as they are when the service is told of them again", () => {
  const row = (item_id, role, text, more = {}) => ({
    item_id, role, text, modality: "audio", heard_text: null, status: "completed", error: "", started_at: null, ...more,
  });
  const rows = [
    row("u", "user", "Tell me."),
    row("f", "tool", "clock"),
    row("a", "assistant", "A long answer.", { status: "interrupted", heard_text: "A long" }),
  ];
  const state = run([
    { type: "chat.call.started", turns: rows },
    answerItem("a", "u", "completed", "A long"),
    ...[started("u3"), committed("u3", "a"), heard("u3", "Go on.")],
  ]);
  assert.deepEqual(lines(state), [
    "user: Tell me. (completed)",
    "tool: clock (completed)",
    "assistant: A long answer. (interrupted)",
    "user: Go on. (completed)",
  ]);
});

test("a stored turn that was in progress goes on", () => {
  const turn = { item_id: "a", role: "assistant", text: "Two and", modality: "audio", status: "in_progress" };
  const said = { type: "response.output_audio_transcript.done", item_id: "a", transcript: "Two and two." };
  const rows = { type: "chat.call.started", turns: [turn] };
  assert.deepEqual(lines(run([rows])), ["assistant: Two and (in_progress)"]);
  assert.deepEqual(lines(run([rows, said])), ["assistant: Two and two. (in_progress)"]);
  assert.deepEqual(lines(run([rows, { type: "chat.call.ended" }])), ["assistant: Two and (interrupted)"]);
});

test("a deleted item is gone", () => {
  const state = run([...QUESTION, ...ANSWER, { type: "conversation.item.deleted", item_id: "a" }]);
  assert.equal(turnsOf(state).length, 1);
});

test("the end of the call settles what is open", () => {
  const state = run([...QUESTION, started("u2"), ...ANSWER.slice(0, 3), { type: "chat.call.ended" }]);
  assert.deepEqual(lines(state), ["user:  (failed)", "assistant: Four (interrupted)"]);
});

test("words that came while the user still spoke are kept when the call ends", () => {
  const words = { type: `${TRANSCRIPTION}.delta`, item_id: "u", delta: "Two and" };
  assert.deepEqual(lines(run([started("u"), words, { type: "chat.call.ended" }])), ["user: Two and (failed)"]);
});

test("events that say nothing of turns leave the very same transcript", () => {
  const state = run(QUESTION);
  assert.equal(fold(state, { type: "chat.turn.saved", item_id: "u" }), state);
  assert.equal(fold(state, { type: "constructor" }), state);
});
