// @ts-check
/** A call that runs in another tab, as this one sees it: a pure fold of what it is told. */

import { EMPTY, fold } from "./transcript.js";

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {object} Watched
 * @property {"none" | "here" | "elsewhere" | "over"} state `here`: in the conversation that this
 *   page shows, or this page shows none; `over`: it was here
 * @property {string | null} conversation its id
 * @property {import("./transcript.js").Transcript} transcript
 */

/** @type {Watched} */
export const NONE = { state: "none", conversation: null, transcript: EMPTY };

const ENDED = { type: "chat.call.ended" };

/**
 * @param {Watched} watched
 * @param {SocketEvent} event of `/ws/captions/`
 * @param {string | null} conversation the one this page shows
 * @param {string} at when the event came, ISO 8601
 * @returns {Watched}
 */
export function see(watched, event, conversation, at) {
  if (event.type === "chat.call.ended") {
    if (event.reason === "conversation_deleted") return NONE;
    const state = ["here", "over"].includes(watched.state) ? "over" : "none";
    return { ...watched, state, transcript: fold(watched.transcript, event) };
  }
  if (event.type === "chat.watch.started" || event.type === "chat.call.started") {
    const live = event.type === "chat.watch.started" ? event.live : event;
    // Its worker has died, and took the socket with it: what was shown stays.
    if (!live && watched.state !== "none") return see(watched, ENDED, conversation, at);
    if (!live) return NONE;
    return {
      state: !conversation || live.conversation.id === conversation ? "here" : "elsewhere",
      conversation: live.conversation.id,
      transcript: fold(EMPTY, { ...live, type: "chat.call.started" }),
    };
  }
  return { ...watched, transcript: fold(watched.transcript, event, at) };
}
