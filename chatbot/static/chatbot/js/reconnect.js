// @ts-check
/** When to dial again after a lost socket: soon, then ever later, and when to give up. */

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 8000;
/** How long it is tried, counted from the loss, from waking up or from being online again. */
const LIMIT_MS = 60_000;
/** A line that held this long has made good for the attempts before it. */
const STABLE_MS = 10_000;

/** Closed for a reason that dialling again does not change. */
const FINAL = new Set([1000, 1013, 4401, 4403, 4404, 4408, 4409, 4410, 4413, 4429]);

export class Reconnect {
  #random;
  #now;
  #attempts = 0;
  /** @type {number | null} */
  #since = null;
  /** @type {number | null} */
  #openedAt = null;

  /** @param {{random?: () => number, now?: () => number}} [chance] `now` in milliseconds */
  constructor({ random = Math.random, now = Date.now } = {}) {
    this.#random = random;
    this.#now = now;
  }

  /** The server has taken the call. */
  opened() {
    this.#openedAt = this.#now();
  }

  /** Something has changed for the better: what was tried before does not count. */
  renew() {
    this.#attempts = 0;
    this.#since = this.#now();
  }

  /**
   * The socket was closed with `code`, or could not be opened.
   * @param {number} code
   * @returns {number | null} milliseconds to wait before the next attempt; null: give up
   */
  lost(code) {
    if (FINAL.has(code)) return null;
    const now = this.#now();
    const wasStable = this.#openedAt !== null && now - this.#openedAt >= STABLE_MS;
    if (this.#since === null || wasStable) this.renew();
    this.#openedAt = null;
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts);
    const delay = longest * (0.5 + this.#random() / 2);
    this.#attempts += 1;
    return now + delay - (this.#since ?? now) > LIMIT_MS ? null : delay;
  }
}
