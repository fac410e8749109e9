// @ts-check
/** The socket of a call: JSON both ways as text, PCM16 both ways as binary. */

import { MESSAGES, say } from "./messages.js";

/**
 * @typedef {{type: string, [field: string]: any}} SocketEvent
 * @typedef {"again" | "sign-in" | "new"} WayOut what the user can do about a closed socket
 * @typedef {{code: number, message: string, wayOut: WayOut}} Closing
 */

const OPEN_TIMEOUT_MS = 10_000;
/** 30 s of speech, twice what is kept for a new call: who is further behind will not catch up. */
const MAX_UNSENT_BYTES = 30 * 48_000;

/** @type {Record<number, WayOut>} */
const WAYS_OUT = { 4401: "sign-in", 4403: "new", 4404: "new" };

/**
 * What to tell the user about a closed socket; a fatal `chat.error` says it best.
 * @param {number} code
 * @param {{fatal?: {message: string, retry_after?: number} | null, opened?: boolean, online?: boolean}} [facts]
 * @returns {Closing}
 */
export function explainClose(code, { fatal = null, opened = true, online = true } = {}) {
  const wayOut = WAYS_OUT[code] ?? "again";
  const known = /** @type {import("./messages.js").MessageKey} */ (`close.${code}`);
  let message = say(known in MESSAGES ? known : opened ? "close.lost" : "close.unreachable");
  if (!online && !(known in MESSAGES)) message = say("close.offline");
  if (fatal?.message) message = fatal.message;
  if (fatal?.retry_after && !/\d/.test(message)) {
    message = say("close.wait", { message, seconds: Math.ceil(fatal.retry_after) });
  }
  return { code, message, wayOut };
}

/**
 * @param {string} path
 * @param {Record<string, string | null | undefined>} query empty values are left out
 */
export function socketUrl(path, query = {}) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  for (const [name, value] of Object.entries(query)) {
    if (value) url.searchParams.set(name, value);
  }
  return url.href;
}

export class Transport {
  #socket;
  #handlers;
  #opened = false;
  #closed = false;
  /** @type {{message: string, retry_after?: number} | null} */
  #fatal = null;
  #timer;

  /**
   * @param {string} url
   * @param {{event: (event: SocketEvent) => void, audio?: (pcm: ArrayBuffer) => void,
   *   closed: (closing: Closing) => void}} handlers
   */
  constructor(url, handlers) {
    this.#handlers = handlers;
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#open();
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code }) => this.#close(code);
    this.#timer = setTimeout(() => this.#close(1006), OPEN_TIMEOUT_MS);
  }

  get open() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** @param {SocketEvent} event */
  sendEvent(event) {
    if (this.open) this.#socket.send(JSON.stringify(event));
  }

  /** @param {ArrayBuffer} pcm */
  sendAudio(pcm) {
    if (!this.open) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#fatal = { message: say("close.slow") };
      this.#close(1006);
      return;
    }
    this.#socket.send(pcm);
  }

  /** Close without telling the handlers. */
  drop() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  #open() {
    this.#opened = true;
    clearTimeout(this.#timer);
  }

  /** @param {string | ArrayBuffer} data */
  #receive(data) {
    if (this.#closed) return;
    if (typeof data !== "string") {
      this.#handlers.audio?.(data);
      return;
    }
    const event = JSON.parse(data);
    if (event.type === "chat.error" && event.fatal) this.#fatal = event;
    this.#handlers.event(event);
  }

  /** @param {number} code */
  #close(code) {
    if (this.#closed) return;
    this.drop();
    const facts = { fatal: this.#fatal, opened: this.#opened, online: navigator.onLine };
    this.#handlers.closed(explainClose(code, facts));
  }
}
