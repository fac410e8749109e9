// @ts-check
/** Watches for a call in another tab and hands on its captions. */

import { socketUrl, Transport } from "./transport.js";

const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 60_000;
/** Refusals that trying again does not change. */
const FINAL = new Set([4401, 4403, 4404]);

export class Watch {
  #path;
  #onEvent;
  #conversationOf;
  #onLost;
  /** @type {Transport | null} */
  #transport = null;
  #retryMs = FIRST_RETRY_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #changes = new AbortController();

  /**
   * @param {string} path
   * @param {(event: import("./transport.js").SocketEvent) => void} onEvent
   * @param {() => string | null} conversationOf the one whose turns are shown
   * @param {() => void} [onLost] it is tried again
   */
  constructor(path, onEvent, conversationOf, onLost = () => {}) {
    this.#path = path;
    this.#onEvent = onEvent;
    this.#conversationOf = conversationOf;
    this.#onLost = onLost;
  }

  start() {
    this.stop();
    const { signal } = this.#changes;
    window.addEventListener("online", () => this.#dial(), { signal });
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    this.#dial();
  }

  stop() {
    this.#changes.abort();
    this.#changes = new AbortController();
    clearTimeout(this.#timer);
    this.#transport?.drop();
    this.#transport = null;
  }

  #dial() {
    clearTimeout(this.#timer);
    this.#transport?.drop();
    const query = { conversation: this.#conversationOf() };
    this.#transport = new Transport(socketUrl(this.#path, query), {
      event: (event) => {
        this.#retryMs = FIRST_RETRY_MS;
        this.#onEvent(event);
      },
      closed: ({ code }) => this.#retry(code),
    });
  }

  /** Whoever looks at the page does not wait for the next attempt. */
  #look() {
    if (document.visibilityState === "visible" && !this.#transport?.open) this.#dial();
  }

  /** @param {number} code */
  #retry(code) {
    if (FINAL.has(code)) return;
    this.#onLost();
    this.#timer = setTimeout(() => this.#dial(), this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }
}
