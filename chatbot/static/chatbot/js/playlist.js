// @ts-check
/** Recordings of turns as one length of time: where each begins, and what stands at a moment. */

/**
 * @typedef {object} Recorded
 * @property {number} durationMs
 * @property {number | null} heardMs of an answer that was cut: what was heard of it
 */

export class Playlist {
  /** @type {number[]} */
  #starts = [];
  #totalMs = 0;
  #turns;

  /** @param {Recorded[]} turns in order */
  constructor(turns) {
    this.#turns = turns;
    for (const turn of turns) {
      this.#starts.push(this.#totalMs);
      this.#totalMs += heardOf(turn);
    }
  }

  get totalMs() {
    return this.#totalMs;
  }

  /** How long a turn lasts when all is played: what was cut off was not heard. @param {number} index */
  lengthOf(index) {
    return heardOf(this.#turns[index]);
  }

  /** @param {number} index of a turn @param {number} offsetMs within it @returns {number} */
  momentOf(index, offsetMs) {
    return this.#starts[index] + Math.min(offsetMs, this.lengthOf(index));
  }

  /** @param {number} moment in milliseconds @returns {{index: number, offsetMs: number}} */
  at(moment) {
    const within = Math.min(Math.max(0, moment), this.#totalMs);
    const after = this.#starts.findIndex((start) => start > within);
    const index = (after < 0 ? this.#starts.length : after) - 1;
    return { index, offsetMs: within - this.#starts[index] };
  }
}

/** @param {Recorded} turn */
function heardOf({ durationMs, heardMs }) {
  return heardMs === null ? durationMs : Math.min(durationMs, heardMs);
}

/** @param {number} ms @returns {string} as 1:05 or 1:01:05 */
export function clock(ms) {
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (seconds >= 3600) parts.unshift(Math.floor(seconds / 3600));
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}
