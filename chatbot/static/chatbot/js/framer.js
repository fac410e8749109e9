// @ts-check
/** Cuts a stream of samples into PCM16 frames of 40 ms. */

import { FRAME_SAMPLES, rms, toPcm16 } from "./audio.js";

/** @typedef {{pcm: ArrayBuffer, level: number}} Frame PCM16 and its root mean square */

export class Framer {
  #samples = new Float32Array(FRAME_SAMPLES);
  #filled = 0;

  /**
   * @param {Float32Array} samples 24 kHz
   * @returns {Frame[]} the frames that became full
   */
  push(samples) {
    const frames = [];
    for (let used = 0; used < samples.length; ) {
      const part = samples.subarray(used, used + FRAME_SAMPLES - this.#filled);
      this.#samples.set(part, this.#filled);
      this.#filled += part.length;
      used += part.length;
      if (this.#filled === FRAME_SAMPLES) frames.push(...this.flush());
    }
    return frames;
  }

  /** @returns {Frame[]} the last, partial frame, if there is one */
  flush() {
    if (!this.#filled) return [];
    const samples = this.#samples.subarray(0, this.#filled);
    this.#filled = 0;
    return [{ pcm: toPcm16(samples).buffer, level: rms(samples) }];
  }
}
