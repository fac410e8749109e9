// @ts-check
/** Whether the peer still lives: it is asked now and then, and dead when nothing comes any more. */

/** How often `check` is to be called. */
export const CHECK_MS = 1000;
const ASK_EACH_MS = 5000;
const ANSWER_MS = 10_000;
/** After waking up, or a change of the network: whoever is there answers soon. */
const URGENT_ANSWER_MS = 3000;
/** A timer that is this late has slept, with all of the device. */
const GAP_MS = 5000;

/** @typedef {"fine" | "ask" | "dead"} Verdict */

export class Pulse {
  #now;
  #checkedAt;
  #askedAt;
  /** @type {number | null} until when an answer is awaited */
  #due = null;

  /** @param {() => number} [now] milliseconds; a clock that goes on while the device sleeps */
  constructor(now = Date.now) {
    this.#now = now;
    this.#checkedAt = this.#askedAt = now();
  }

  /** Something came from the peer. */
  heard() {
    this.#due = null;
  }

  /** Doubt the peer now. @returns {Verdict} */
  doubt() {
    return this.#ask(URGENT_ANSWER_MS);
  }

  /** @returns {Verdict} "ask": send a `chat.ping` */
  check() {
    const now = this.#now();
    const gap = now - this.#checkedAt;
    this.#checkedAt = now;
    if (gap > GAP_MS) {
      this.#due = null;
      return this.doubt();
    }
    if (this.#due !== null && now >= this.#due) return "dead";
    return now - this.#askedAt < ASK_EACH_MS ? "fine" : this.#ask(ANSWER_MS);
  }

  /** @param {number} answerMs @returns {Verdict} */
  #ask(answerMs) {
    this.#askedAt = this.#now();
    this.#due = Math.min(this.#due ?? Infinity, this.#askedAt + answerMs);
    return "ask";
  }
}
