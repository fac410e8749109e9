// @ts-check
/**
 * The transcript as a pure fold of events.
 *
 * Turns are kept by item id, each after its predecessor, never in order of arrival: recognised
 * speech comes late. Items that are not speech, and turns that came to nothing, stay in the list
 * unseen, because others name them as their predecessor.
 */

import { say } from "./messages.js";
import {
  newTurn,
  partsOf,
  roleOf,
  SETTLED,
  statusOf,
  storedTurn,
  textOf,
  toolOf,
  withPart,
} from "./turn.js";

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {import("./turn.js").Turn} Turn
 * @typedef {import("./turn.js").TurnStatus} TurnStatus
 * @typedef {readonly Turn[]} Transcript
 */

/** @type {Transcript} */
export const EMPTY = [];

/** The turns to show, in the order of the conversation. @param {Transcript} transcript */
export function turnsOf(transcript) {
  return transcript.filter((turn) => turn.status !== "gone" && turn.role !== "system");
}

/**
 * The transcript followed by typed messages that have not come back from the service.
 * @param {Transcript} transcript
 * @param {string[]} texts
 * @returns {Transcript}
 */
export function withUnsent(transcript, texts) {
  const turns = texts.map((text, index) =>
    newTurn(`unsent-${index}`, { modality: "text", parts: [text], status: "sending" }),
  );
  return [...transcript, ...turns];
}

/**
 * The transcript with `turn` at its place, followed by those that were waiting for it. The server
 * no longer counts what it has deleted, so that stays in front.
 * @param {Transcript} transcript
 * @param {Turn} turn
 * @param {readonly string[]} moving those that brought it along: predecessors may go in a circle
 * @returns {Transcript}
 */
function place(transcript, turn, moving = []) {
  const others = transcript.filter(({ itemId }) => itemId !== turn.itemId);
  const current = transcript.findIndex(({ itemId }) => itemId === turn.itemId);
  const predecessor = others.findIndex(({ itemId }) => itemId === turn.previousItemId);
  let at = current === -1 ? others.length : current;
  if (turn.deleted) return [...others.slice(0, at), turn, ...others.slice(at)];
  if (turn.previousItemId === "root") at = 0;
  else if (predecessor !== -1) at = predecessor + 1;
  if (turn.previousItemId !== null) while (others[at]?.deleted) at += 1;
  /** @type {Transcript} */
  let placed = [...others.slice(0, at), turn, ...others.slice(at)];
  for (const early of others.slice(0, at)) {
    if (early.previousItemId === turn.itemId && !moving.includes(early.itemId)) {
      placed = place(placed, early, [...moving, turn.itemId]);
    }
  }
  return placed;
}

/**
 * Change a known turn, or begin one at the end.
 * @param {Transcript} transcript
 * @param {string} itemId
 * @param {(turn: Turn) => Partial<Turn>} change
 * @param {Partial<Turn>} [facts] of a new turn
 * @returns {Transcript}
 */
function update(transcript, itemId, change, facts = {}) {
  const known = transcript.find((turn) => turn.itemId === itemId);
  if (known?.stored) return transcript;
  const turn = known ?? newTurn(itemId, facts);
  const changed = { ...turn, ...change(turn) };
  if (!known) return [...transcript, changed];
  return transcript.map((other) => (other === known ? changed : other));
}

/**
 * @param {Transcript} transcript
 * @param {SocketEvent} event
 * @param {boolean} done
 * @param {string | null} at
 */
function foldItem(transcript, event, done, at) {
  const { item, previous_item_id = undefined, response_id = null } = event;
  const known = transcript.find((turn) => turn.itemId === item.id);
  if (known?.stored) return transcript;
  const typed = item.content?.some((/** @type {any} */ part) => part.type.endsWith("_text"));
  const turn = known ?? newTurn(item.id, { role: roleOf(item), status: "in_progress", startedAt: at });
  const parts = partsOf(item);
  const settled = known !== undefined && SETTLED.has(turn.status);
  return place(withOutput(transcript, item), {
    ...turn,
    ...(settled ? {} : toolOf(item, turn)),
    role: roleIn(transcript, event, known),
    modality: !settled && typed ? "text" : turn.modality,
    previousItemId: previous_item_id ?? turn.previousItemId,
    responseId: response_id ?? turn.responseId,
    parts: !settled && parts.join("") ? parts : turn.parts,
    status: settled ? turn.status : statusOf(item, done),
  });
}

/**
 * What is not added to the conversation, of a response beside it, stays unseen.
 * @param {Transcript} transcript
 * @param {SocketEvent} event
 * @param {Turn | undefined} known
 */
function roleIn(transcript, { type, item, response_id }, known) {
  if (type === "conversation.item.added") return roleOf(item);
  const isBeside = transcript.some(({ itemId }) => itemId === response_id);
  return known?.role ?? (isBeside ? "system" : roleOf(item));
}

/** A response beside the conversation, kept to know its items by. @type {Rule} */
const responseCreated = (transcript, { response }) =>
  response.conversation_id === null
    ? update(transcript, response.id, () => ({}), { role: "system", status: "gone" })
    : transcript;

/** A tool that a client runs itself ends with its output. @param {Transcript} transcript @param {any} item */
function withOutput(transcript, { type, call_id, output }) {
  if (type !== "function_call_output") return transcript;
  return transcript.map((turn) => {
    const isOpen = turn.callId === call_id && turn.status === "in_progress";
    return isOpen ? { ...turn, parts: [output], status: /** @type {const} */ ("completed") } : turn;
  });
}

/** @type {Record<string, TurnStatus>} */
const OUTCOMES = { cancelled: "interrupted", failed: "failed", incomplete: "incomplete" };

/** @param {Transcript} transcript @param {any} response of `response.done` */
function foldResponse(transcript, response) {
  const status = OUTCOMES[response.status] ?? "completed";
  const items = new Set((response.output ?? []).map((/** @type {any} */ item) => item.id));
  return transcript.map((turn) => {
    const own = items.has(turn.itemId) || turn.responseId === response.id;
    const cutByService = turn.status === "interrupted" && turn.heardMs === null && !turn.stored;
    if (turn.role === "tool") return own ? withoutCall(turn, response.status) : turn;
    return own && (turn.status === "in_progress" || cutByService) ? { ...turn, status } : turn;
  });
}

/** A call that was cut before its arguments were there comes to nothing. @param {Turn} turn @param {string} outcome @returns {Turn} */
function withoutCall(turn, outcome) {
  const isCut = turn.status === "in_progress" && !turn.toolArguments && outcome !== "completed";
  return isCut ? { ...turn, status: "interrupted", error: say("tool.cut") } : turn;
}

/** @param {boolean} asked whether the tool waits for the user's leave @returns {Rule} */
const toolAsked =
  (asked) =>
  (transcript, { item_id, name }, at) =>
    update(transcript, item_id, () => ({ asked }), {
      role: "tool",
      modality: "text",
      toolName: name,
      status: "in_progress",
      startedAt: at,
    });

/** @type {Rule} */
const toolFinished = (transcript, { item_id, name, status, text = "", error = "" }, at) =>
  update(transcript, item_id, () => ({ status, parts: [text], error, asked: false }), {
    role: "tool",
    modality: "text",
    toolName: name,
    startedAt: at,
  });

/**
 * @callback Rule
 * @param {Transcript} transcript
 * @param {SocketEvent} event
 * @param {string | null} at when the event came, ISO 8601
 * @returns {Transcript}
 */

/** @param {SocketEvent} event a delta @returns {(turn: Turn) => Partial<Turn>} */
function append({ content_index = 0, delta }) {
  return ({ parts, status }) => {
    if (SETTLED.has(status)) return {};
    return { parts: withPart(parts, content_index, (parts[content_index] ?? "") + delta) };
  };
}

/** @type {Rule} */
const appendSpeech = (transcript, event, at) =>
  update(transcript, event.item_id, append(event), { status: "transcribing", startedAt: at });

/** @type {Rule} */
const appendAnswer = (transcript, event, at) =>
  update(transcript, event.item_id, append(event), {
    role: "assistant",
    modality: event.type.includes("audio") ? "audio" : "text",
    status: "in_progress",
    responseId: event.response_id ?? null,
    startedAt: at,
  });

/** @type {Rule} */
const setAnswer = (transcript, { item_id, content_index = 0, transcript: spoken, text }, at) =>
  update(
    transcript,
    item_id,
    ({ parts }) => ({ parts: withPart(parts, content_index, spoken ?? text ?? "") }),
    { role: "assistant", status: "in_progress", startedAt: at },
  );

/** @type {Rule} */
const interrupt = (transcript, { item_id, heard_ms, heard_text, audio_end_ms }) =>
  transcript.map((turn) => {
    if (turn.itemId !== item_id || turn.status === "gone") return turn;
    return {
      ...turn,
      status: "interrupted",
      heardMs: heard_ms ?? turn.heardMs ?? audio_end_ms ?? null,
      heardText: heard_text ?? turn.heardText,
    };
  });

/**
 * An answer of which nothing was heard is deleted upstream, and stays as interrupted.
 * @type {Rule}
 */
const remove = (transcript, { item_id }) =>
  transcript.map((turn) => {
    if (turn.itemId !== item_id) return turn;
    return { ...turn, deleted: true, status: turn.heardMs === null ? "gone" : turn.status };
  });

/** @type {Rule} */
const recognised = (transcript, { item_id, transcript: words = "" }, at) => {
  const text = words.trim();
  return update(
    transcript,
    item_id,
    ({ status }) => {
      if (status === "gone") return {};
      return text ? { parts: [text], status: "completed" } : { status: "gone" };
    },
    { startedAt: at },
  );
};

/** @type {Rule} */
const notRecognised = (transcript, { item_id }, at) =>
  update(
    transcript,
    item_id,
    ({ status }) => (status === "gone" ? {} : { status: "failed" }),
    { startedAt: at },
  );

/** @type {Rule} */
const committed = (transcript, { item_id, previous_item_id }, at) => {
  const known = transcript.find((turn) => turn.itemId === item_id);
  if (known?.stored) return transcript;
  const turn = known ?? newTurn(item_id, { status: "speaking", startedAt: at });
  return place(transcript, {
    ...turn,
    previousItemId: previous_item_id ?? turn.previousItemId,
    status: turn.status === "speaking" ? "transcribing" : turn.status,
  });
};

/** What is open when the call ends stays as it is, or as it is stored: no more will come. @type {Rule} */
const settle = (transcript, { turns }) =>
  (turns?.map(storedTurn) ?? transcript).map((/** @type {Turn} */ turn) => {
    /** @type {Partial<Record<TurnStatus, TurnStatus>>} */
    const outcomes = {
      speaking: textOf(turn) ? "failed" : "gone",
      transcribing: "failed",
      in_progress: "interrupted",
    };
    const status = outcomes[turn.status];
    return status ? { ...turn, status } : turn;
  });

/** @type {Record<string, Rule>} */
const RULES = {
  "chat.call.ended": settle,
  "chat.call.started": (_, { turns }) => turns.map(storedTurn),
  "chat.interrupted": interrupt,
  "chat.tool.asked": toolAsked(true),
  "chat.tool.finished": toolFinished,
  "chat.tool.started": toolAsked(false),
  "conversation.item.added": (transcript, event, at) => foldItem(transcript, event, false, at),
  "conversation.item.deleted": remove,
  "conversation.item.done": (transcript, event, at) => foldItem(transcript, event, true, at),
  "conversation.item.input_audio_transcription.completed": recognised,
  "conversation.item.input_audio_transcription.delta": appendSpeech,
  "conversation.item.input_audio_transcription.failed": notRecognised,
  "conversation.item.truncated": interrupt,
  "input_audio_buffer.cleared": (transcript) =>
    transcript.map((turn) => (turn.status === "speaking" ? { ...turn, status: "gone" } : turn)),
  "input_audio_buffer.committed": committed,
  "input_audio_buffer.speech_started": (transcript, { item_id }, at) =>
    update(transcript, item_id, () => ({}), { status: "speaking", startedAt: at }),
  "response.created": responseCreated,
  "response.done": (transcript, { response }) => foldResponse(transcript, response),
  "response.output_audio_transcript.delta": appendAnswer,
  "response.output_audio_transcript.done": setAnswer,
  "response.output_item.added": (transcript, event, at) => foldItem(transcript, event, false, at),
  "response.output_text.delta": appendAnswer,
  "response.output_text.done": setAnswer,
};

/**
 * The transcript after one more event; events that say nothing of it leave it as it is.
 * @param {Transcript} transcript
 * @param {SocketEvent} event
 * @param {string | null} [at] when the event came, ISO 8601
 * @returns {Transcript}
 */
export function fold(transcript, event, at = null) {
  return RULES[event.type]?.(transcript, event, at) ?? transcript;
}
