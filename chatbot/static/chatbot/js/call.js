// @ts-check
/**
 * What the call is doing, as a pure function of what has happened.
 *
 *   idle -> connecting -> listening <-> hearing <-> thinking <-> speaking -> ended | error
 *
 * and from each of these to reconnecting and back.
 */

import { say } from "./messages.js";

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {import("./transport.js").Closing} Closing
 * @typedef {import("./talk.js").Mode} Mode
 * @typedef {"idle" | "connecting" | "listening" | "hearing" | "thinking" | "speaking"
 *   | "reconnecting" | "ended" | "error"} Phase
 * @typedef {{message: string, wayOut: import("./transport.js").WayOut | null}} Notice
 *
 * @typedef {object} CallState
 * @property {"idle" | "connecting" | "open" | "reconnecting" | "ended" | "error"} line
 * @property {"off" | "asking" | "on" | "lost"} microphone "lost": it went away, and there is no other
 * @property {boolean} silenced the system gives the microphone to somebody else
 * @property {boolean} muted
 * @property {Mode} mode
 * @property {boolean} talking the button of push-to-talk is held
 * @property {"on" | "blocked"} sound "blocked": the browser plays nothing until the next tap
 * @property {boolean} hearing the user is speaking
 * @property {string | null} heardItem what was heard last, or is being heard
 * @property {boolean} asked an answer is due that has not begun
 * @property {string | null} responseId the answer being made
 * @property {boolean} playing
 * @property {boolean} recorded the sound of the call is kept
 * @property {string} progress a word on connecting, or connecting again
 * @property {Notice | null} notice
 *
 * @typedef {{type: "dial", mode?: Mode} | {type: "asked"} | {type: "stopped"} | {type: "dismiss"}
 *   | {type: "lost", isOnline: boolean}
 *   | {type: "mode", mode: Mode}
 *   | {type: "muted", muted: boolean}
 *   | {type: "talking", talking: boolean}
 *   | {type: "silenced", silenced: boolean}
 *   | {type: "sound", state: CallState["sound"]}
 *   | {type: "microphone", state: CallState["microphone"], notice?: string}
 *   | {type: "notice", message: string}
 *   | {type: "playing", playing: boolean}
 *   | {type: "event", event: SocketEvent}
 *   | {type: "closed", closing: Closing}} Signal
 */

/** Ended by another tab, or by staff: no failure, but for a reason that the user reads. */
const FOR_A_REASON = [4409, 4410];

/** @type {CallState} */
export const IDLE = {
  line: "idle",
  microphone: "off",
  silenced: false,
  muted: false,
  mode: "hands-free",
  talking: false,
  sound: "on",
  hearing: false,
  heardItem: null,
  asked: false,
  responseId: null,
  playing: false,
  recorded: false,
  progress: "",
  notice: null,
};

/** @param {CallState} state @returns {Phase} */
export function phaseOf(state) {
  if (state.line !== "open") return state.line;
  if (state.playing) return "speaking";
  if (state.hearing || state.talking) return "hearing";
  return state.responseId || state.asked ? "thinking" : "listening";
}

/** @param {CallState} state a line that says what is going on */
export function sentenceOf(state) {
  const phase = phaseOf(state);
  if (isUnderWay(state) && state.sound === "blocked") return say("state.blocked");
  if (state.progress && (phase === "connecting" || phase === "reconnecting")) return state.progress;
  if (phase === "listening") return say(`state.${waitingFor(state)}`);
  return say(`state.${phase}`);
}

/**
 * What a call that listens waits for.
 * @param {CallState} state
 * @returns {"asking" | "typing" | "silenced" | "muted" | "hold" | "listening"}
 */
function waitingFor({ microphone, silenced, muted, mode }) {
  if (microphone === "asking") return "asking";
  if (microphone !== "on") return "typing";
  if (silenced) return "silenced";
  if (muted) return "muted";
  return mode === "push-to-talk" ? "hold" : "listening";
}

/** @param {CallState} state */
export function isUnderWay({ line }) {
  return line === "connecting" || line === "open" || line === "reconnecting";
}

/** @param {CallState} state */
export function hasMicrophone({ microphone }) {
  return microphone === "on" || microphone === "asking";
}

/**
 * What is not known any more once the server is lost. Of an upstream that is lost the server tells
 * what has ended with it; one that was only slow goes on.
 */
const FORGOTTEN = { hearing: false, responseId: null };

/** @type {Record<string, (state: CallState, event: SocketEvent) => Partial<CallState>>} */
const ON_EVENT = {
  "chat.call.started": (_, { recorded }) => ({ recorded: recorded === true }),
  "chat.recording": (_, { recorded }) => ({ recorded }),
  "chat.status": ({ line }, { state, message }) => {
    if (state === "ready") return { line: "open", progress: "" };
    if (line === "connecting" && state !== "reconnecting") return { progress: message };
    return { line: "reconnecting", progress: message };
  },
  "chat.error": (_, { message, fatal }) =>
    fatal ? {} : { notice: { message, wayOut: null }, asked: false },
  "chat.tool.started": () => ({ asked: true }),
  "input_audio_buffer.speech_started": (_, { item_id }) => ({
    hearing: true,
    heardItem: item_id,
    asked: false,
  }),
  "input_audio_buffer.speech_stopped": () => ({ hearing: false, asked: true }),
  "input_audio_buffer.cleared": () => ({ hearing: false, asked: false }),
  "conversation.item.input_audio_transcription.completed": (_, { transcript }) =>
    transcript?.trim() ? {} : { asked: false },
  "conversation.item.deleted": ({ heardItem }, { item_id }) =>
    item_id === heardItem ? { hearing: false } : {},
  "chat.resumed": () => ({ hearing: false, asked: false }),
  "response.created": (_, { response }) => ({
    responseId: response.id,
    asked: false,
    notice: null,
  }),
  "response.done": ({ responseId }, { response }) =>
    responseId === response.id ? { responseId: null } : {},
};

/**
 * @param {CallState} state
 * @param {Signal} signal
 * @returns {CallState}
 */
export function step(state, signal) {
  switch (signal.type) {
    case "dial":
      return { ...IDLE, line: "connecting", mode: signal.mode ?? IDLE.mode };
    case "lost":
      return lost(state, signal.isOnline);
    case "mode":
      return { ...state, mode: signal.mode, talking: false };
    case "muted":
      return { ...state, muted: signal.muted };
    case "talking":
      return { ...state, talking: signal.talking, notice: signal.talking ? null : state.notice };
    case "silenced":
      return { ...state, silenced: signal.silenced };
    case "sound":
      return { ...state, sound: signal.state };
    case "asked":
      return { ...state, asked: true };
    case "stopped":
      return { ...state, asked: false };
    case "dismiss":
      return { ...state, notice: null };
    case "notice":
      return { ...state, notice: { message: signal.message, wayOut: null } };
    case "microphone":
      return withMicrophone(state, signal.state, signal.notice);
    case "playing":
      if (!isUnderWay(state) || state.playing === signal.playing) return state;
      return { ...state, playing: signal.playing };
    case "event":
      return { ...state, ...ON_EVENT[signal.event.type]?.(state, signal.event) };
    case "closed":
      return closed(signal.closing);
  }
}

/**
 * @param {CallState} state
 * @param {CallState["microphone"]} microphone
 * @param {string} [message]
 */
function withMicrophone(state, microphone, message) {
  if (!isUnderWay(state)) return state;
  const notice = message ? { message, wayOut: null } : microphone === "on" ? null : state.notice;
  const hearing = microphone === "on" && state.hearing;
  return { ...state, microphone, notice, hearing, silenced: false };
}

/** @param {CallState} state @param {boolean} isOnline @returns {CallState} */
function lost(state, isOnline) {
  const progress = say(isOnline ? "state.reconnecting" : "state.kept");
  return { ...state, line: "reconnecting", progress, ...FORGOTTEN };
}

/** @param {Closing} closing @returns {CallState} */
function closed({ code, message, wayOut }) {
  if (code === 1000) return { ...IDLE, line: "ended" };
  if (FOR_A_REASON.includes(code)) return { ...IDLE, line: "ended", notice: { message, wayOut } };
  return { ...IDLE, line: "error", notice: { message, wayOut } };
}
