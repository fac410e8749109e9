// @ts-check
/** What the page changes of a call's session: whose turn it is to say that a turn has ended, above all. */

/**
 * @typedef {import("./talk.js").Mode} Mode
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {Record<string, any>} Session
 */

const EVENT_ID = "mode";
const DEFAULT_DETECTION = { type: "server_vad" };
/** Replaced as a whole; other objects are merged. */
const WHOLE = "turn_detection";

/**
 * @param {Session} session
 * @param {Session} changes
 * @returns {Session}
 */
export function merged(session, changes) {
  const result = { ...session };
  for (const [key, value] of Object.entries(changes)) {
    const isGroup = value !== null && typeof value === "object" && !Array.isArray(value);
    result[key] = isGroup && key !== WHOLE ? merged(result[key] ?? {}, value) : value;
  }
  return result;
}

/** Hands-free with the persona's own turn detection, or push-to-talk: what is asked for, what is. */
export class TalkMode {
  /** @type {Session} the last one that the session had */
  #detection = DEFAULT_DETECTION;
  /** @type {Mode} */
  #actual = "hands-free";
  /** @type {Mode | null} asked for, and not answered */
  #wanted = null;

  /** @param {Mode} mode @returns {SocketEvent} that asks for it */
  change(mode) {
    this.#wanted = mode;
    const turn_detection = mode === "push-to-talk" ? null : this.#detection;
    const session = { type: "realtime", audio: { input: { turn_detection } } };
    return { type: "session.update", event_id: EVENT_ID, session };
  }

  /** @param {SocketEvent} event @returns {Mode | null} what the mode is now, if this says so */
  receive(event) {
    if (event.type === "session.updated") return this.#updated(event.session);
    const isRefused = event.type === "chat.error" && event.event_id === EVENT_ID;
    if (!isRefused) return null;
    this.#wanted = null;
    return this.#actual;
  }

  /** @param {Session} session */
  #updated(session) {
    const detection = session.audio?.input?.turn_detection;
    if (detection === undefined) return null;
    if (detection) this.#detection = detection;
    this.#actual = detection ? "hands-free" : "push-to-talk";
    if (this.#wanted && this.#wanted !== this.#actual) return null;
    this.#wanted = null;
    return this.#actual;
  }
}
