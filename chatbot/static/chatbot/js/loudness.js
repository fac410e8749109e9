// @ts-check
/** Whether the microphone hears somebody: what stands out from the quietest that it has heard lately. */

/** -50 dBFS: nobody speaks so softly. */
const FLOOR = 0.0032;
/** -30 dBFS: whatever the noise, this may be somebody. */
const CEILING = 0.032;
/** A voice has twice the amplitude of the noise around it, or more. */
const ABOVE_NOISE = 2;
/** Two seconds of frames: whoever speaks takes a breath within them. */
const LATELY = 50;

export class Loudness {
  /** @type {number[]} */
  #levels = [];

  /** @param {number} level of the next frame, its root mean square */
  hears(level) {
    const noise = this.#levels.length ? Math.min(...this.#levels) : 0;
    this.#levels.push(level);
    if (this.#levels.length > LATELY) this.#levels.shift();
    return level >= Math.max(FLOOR, Math.min(CEILING, noise * ABOVE_NOISE));
  }
}
