// @ts-check
/** A call that runs in another tab, as this one sees it: a pure fold of what it is told. */

import { EMPTY, fold } from "./transcript.js";

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {object} Watched
 * @property {"none" | "here" | "elsewhere" | "over" | "deleted"} state `here`: in the conversation
 *   that this page shows, or this page shows none; `over`: it was here; `deleted`: what this page
 *   showed is gone
 * @property {string | null} conversation its id
 * @property {import("./transcript.js").Transcript} transcript
 */

/** @type {Watched} */
export const NONE = { state: "none", conversation: null, transcript: EMPTY };

/** The state when the call has ended. @type {Record<Watched["state"], Watched["state"]>} */
const AFTER = { none: "none", here: "over", elsewhere: "none", over: "over", deleted: "deleted" };

const ENDED = { type: "chat.call.ended" };

/**
 * @param {Watched} watched
 * @param {SocketEvent} event of `/ws/captions/`
 * @param {string | null} conversation the one this page shows
 * @param {string} at when the event came, ISO 8601
 * @returns {Watched}
 */
export function see(watched, event, conversation, at) {
  const gone = goneBy(event, watched);
  if (gone) return withoutGone(watched, gone, conversation);
  if (event.type === "chat.call.ended") {
    const state = AFTER[watched.state];
    return { ...watched, state, transcript: fold(watched.transcript, event) };
  }
  if (event.type === "chat.watch.started" || event.type === "chat.call.started") {
    const live = event.type === "chat.watch.started" ? event.live : event;
    // Its worker has died, and took the socket with it: what was shown stays.
    const ended = { ...ENDED, turns: event.turns };
    if (!live && watched.state !== "none") return see(watched, ended, conversation, at);
    if (!live) return NONE;
    return {
      state: !conversation || live.conversation.id === conversation ? "here" : "elsewhere",
      conversation: live.conversation.id,
      transcript: fold(EMPTY, { ...live, type: "chat.call.started" }),
    };
  }
  return { ...watched, transcript: fold(watched.transcript, event, at) };
}

/**
 * The conversation that is deleted, by what this tab is told.
 * @param {SocketEvent} event
 * @param {Watched} watched
 * @returns {string | null}
 */
export function goneBy(event, watched) {
  if (event.type === "chat.conversation.deleted") return event.conversation;
  return event.reason === "conversation_deleted" ? watched.conversation : null;
}

/**
 * @param {Watched} watched
 * @param {string} gone
 * @param {string | null} conversation
 * @returns {Watched}
 */
function withoutGone(watched, gone, conversation) {
  const isWatched = gone === watched.conversation;
  if (gone === conversation || (isWatched && watched.state !== "elsewhere")) {
    const isElsewhere = watched.state === "elsewhere" && !isWatched;
    return isElsewhere ? watched : { ...NONE, state: "deleted" };
  }
  return isWatched ? NONE : watched;
}
