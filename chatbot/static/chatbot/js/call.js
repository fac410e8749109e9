// @ts-check
/**
 * What the call is doing, as a pure function of what has happened.
 *
 *   idle -> connecting -> listening <-> thinking <-> speaking -> ended | error -> connecting ...
 */

import { say } from "./messages.js";

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {import("./transport.js").Closing} Closing
 * @typedef {"idle" | "connecting" | "listening" | "thinking" | "speaking" | "ended" | "error"} Phase
 * @typedef {{message: string, wayOut: import("./transport.js").WayOut | null}} Notice
 *
 * @typedef {object} CallState
 * @property {"idle" | "connecting" | "open" | "ended" | "error"} line
 * @property {"off" | "asking" | "on"} microphone
 * @property {boolean} hearing the user is speaking
 * @property {boolean} asked an answer is due that has not begun
 * @property {string | null} responseId the answer being made
 * @property {boolean} playing
 * @property {string} progress the server's word on connecting
 * @property {Notice | null} notice
 *
 * @typedef {{type: "dial"} | {type: "asked"} | {type: "stopped"} | {type: "dismiss"}
 *   | {type: "microphone", state: CallState["microphone"], notice?: string}
 *   | {type: "notice", message: string}
 *   | {type: "playing", playing: boolean}
 *   | {type: "event", event: SocketEvent}
 *   | {type: "closed", closing: Closing}} Signal
 */

/** @type {CallState} */
export const IDLE = {
  line: "idle",
  microphone: "off",
  hearing: false,
  asked: false,
  responseId: null,
  playing: false,
  progress: "",
  notice: null,
};

/** @param {CallState} state @returns {Phase} */
export function phaseOf(state) {
  if (state.line !== "open") return state.line;
  if (state.playing) return "speaking";
  return state.responseId || state.asked ? "thinking" : "listening";
}

/** @param {CallState} state a line that says what is going on */
export function statusOf(state) {
  const phase = phaseOf(state);
  if (phase === "connecting" && state.progress) return state.progress;
  if (phase === "listening" && state.microphone === "asking") return say("state.asking");
  if (phase === "listening" && state.microphone === "off") return say("state.typing");
  if (phase === "listening" && state.hearing) return say("state.hearing");
  return say(`state.${phase}`);
}

/** @param {CallState} state */
export function isUnderWay({ line }) {
  return line === "connecting" || line === "open";
}

/** @type {Record<string, (state: CallState, event: SocketEvent) => Partial<CallState>>} */
const ON_EVENT = {
  "chat.status": (_, { state, message }) => {
    if (state === "ready") return { line: "open", progress: "" };
    return { line: "connecting", progress: message };
  },
  "chat.error": (_, { message, fatal }) =>
    fatal ? {} : { notice: { message, wayOut: null }, asked: false },
  "chat.tool.started": () => ({ asked: true }),
  "session.updated": (_, { session }) =>
    session?.audio?.input?.turn_detection === null
      ? { notice: { message: say("state.pushToTalk"), wayOut: null } }
      : {},
  "input_audio_buffer.speech_started": () => ({ hearing: true, asked: false }),
  "input_audio_buffer.speech_stopped": () => ({ hearing: false, asked: true }),
  "input_audio_buffer.cleared": () => ({ hearing: false, asked: false }),
  "conversation.item.input_audio_transcription.completed": (_, { transcript }) =>
    transcript?.trim() ? {} : { asked: false },
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
      return { ...IDLE, line: "connecting" };
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
  return { ...state, microphone, notice, hearing: microphone === "on" && state.hearing };
}

/** @param {Closing} closing @returns {CallState} */
function closed({ code, message, wayOut }) {
  if (code === 1000) return { ...IDLE, line: "ended" };
  return { ...IDLE, line: "error", notice: { message, wayOut } };
}
