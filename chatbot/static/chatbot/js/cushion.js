// @ts-check
/**
 * How much sound to gather before playing it: little while the network is steady, more after each
 * under-run, and less again the longer none follows.
 */

const LEAST_MS = 80;
const MOST_MS = 480;
const GROWTH = 1.5;
const CALM_MS = 10_000;
const STEP_MS = 20;

export class Cushion {
  #ms = LEAST_MS;
  #calmMs = 0;

  get ms() {
    return this.#ms;
  }

  underRun() {
    this.#ms = Math.min(MOST_MS, this.#ms * GROWTH);
    this.#calmMs = 0;
  }

  /** @param {number} ms played without an under-run */
  played(ms) {
    this.#calmMs += ms;
    for (; this.#calmMs >= CALM_MS; this.#calmMs -= CALM_MS) {
      this.#ms = Math.max(LEAST_MS, this.#ms - STEP_MS);
    }
  }
}
