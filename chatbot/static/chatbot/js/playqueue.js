// @ts-check
/**
 * The sound waiting to be played, and how much of each item has been.
 *
 * Playing starts once a cushion has gathered (or the item is complete), starts over after an
 * under-run, is held by `pause` and cut by `flush`. It begins and ends in a fade of 5 ms.
 * Positions count samples really handed out, those of a fade too.
 */

import { fromPcm16, SAMPLE_RATE_HZ } from "./audio.js";
import { Cushion } from "./cushion.js";
import { Resampler } from "./resampler.js";

/**
 * @typedef {{generation: number, itemId: string, contentIndex: number}} AudioKey
 * @typedef {{key: AudioKey, playedMs: number}} Position
 * @typedef {Position & {state: "ended" | "interrupted"}} Settled
 */

const FADE_MS = 5;
/** Small enough that resampling one piece never delays a render quantum. */
const PIECE_SAMPLES = (SAMPLE_RATE_HZ * 20) / 1000;

/** @param {AudioKey | null} a @param {AudioKey} b */
function sameKey(a, b) {
  return (
    a?.itemId === b.itemId && a.contentIndex === b.contentIndex && a.generation === b.generation
  );
}

export class PlaybackQueue {
  /** @type {{key: AudioKey, pcm: Int16Array}[]} */
  #chunks = [];
  #queuedSamples = 0;
  #rateHz;
  #resampler;
  #cushion = new Cushion();
  /** @type {AudioKey | null} */
  #key = null;
  #playedSamples = 0;
  #block = new Float32Array(0);
  #running = false;
  #paused = false;
  #complete = true;
  #fadeSamples;
  /** Samples handed out since the start, as far as the fade-in goes. */
  #risen = 0;
  /** What is left of a fade-out. */
  #fade = new Float32Array(0);
  #lastSample = 0;
  /** @type {Settled[]} */
  #settled = [];
  #underRuns = 0;

  /** @param {number} rateHz rate of the samples that `read` gives */
  constructor(rateHz) {
    this.#rateHz = rateHz;
    this.#resampler = new Resampler(SAMPLE_RATE_HZ, rateHz);
    this.#fadeSamples = Math.round((rateHz * FADE_MS) / 1000);
  }

  get underRuns() {
    return this.#underRuns;
  }

  get cushionMs() {
    return this.#cushion.ms;
  }

  get paused() {
    return this.#paused;
  }

  /** Whether there is sound that has not been handed out. */
  get active() {
    return this.#key !== null || this.#chunks.length > 0;
  }

  get queuedMs() {
    return (this.#queuedSamples / SAMPLE_RATE_HZ) * 1000;
  }

  /** @returns {Position | null} the item being played, or about to be */
  get position() {
    if (this.#key) {
      return { key: this.#key, playedMs: (this.#playedSamples / this.#rateHz) * 1000 };
    }
    return this.#chunks.length ? { key: this.#chunks[0].key, playedMs: 0 } : null;
  }

  /** @param {AudioKey} key @param {Int16Array} pcm */
  push(key, pcm) {
    if (!pcm.length) return;
    this.#chunks.push({ key, pcm });
    this.#queuedSamples += pcm.length;
    this.#complete = false;
  }

  /** No more sound follows what has been pushed. */
  finish() {
    this.#complete = true;
  }

  /**
   * Be silent, and keep what is left for `resume`.
   * @returns {Position | null} where it will play on
   */
  pause() {
    this.#fadeOut();
    this.#paused = this.active;
    return this.position;
  }

  resume() {
    this.#paused = false;
  }

  /**
   * Drop everything but a fade-out.
   * @returns {Settled | null} the item that was cut and how much of it was played
   */
  flush() {
    const before = this.position;
    this.#fadeOut();
    const cut = this.position ?? before;
    this.#chunks = [];
    this.#queuedSamples = 0;
    this.#block = new Float32Array(0);
    this.#resampler.reset();
    this.#key = null;
    this.#playedSamples = 0;
    this.#paused = false;
    this.#complete = true;
    this.#settled = [];
    return cut && { ...cut, state: "interrupted" };
  }

  /** @returns {Settled[]} items played to their end since the last call */
  takeSettled() {
    return this.#settled.splice(0);
  }

  /**
   * Fill `out` with the next samples, silence where there are none.
   * @param {Float32Array} out
   */
  read(out) {
    let filled = this.#fading(out, 0);
    if (!this.#running && !this.#fade.length && this.#ready) {
      this.#running = true;
      this.#risen = 0;
    }
    if (this.#running) {
      filled = this.#take(out, filled);
      if (filled < out.length) filled = this.#fading(out, this.#dry(filled));
    }
    out.fill(0, filled);
  }

  /** Whether enough has gathered to begin. */
  get #ready() {
    if (this.#paused) return false;
    return this.#complete ? this.active : this.queuedMs >= this.#cushion.ms;
  }

  /**
   * Hand out sound from `filled` on.
   * @param {Float32Array} out @param {number} filled
   * @returns {number} how far `out` is filled: all of it unless nothing is left
   */
  #take(out, filled) {
    const start = filled;
    while (filled < out.length && (this.#block.length || this.#refill())) {
      const part = this.#block.subarray(0, out.length - filled);
      out.set(part, filled);
      this.#block = this.#block.subarray(part.length);
      this.#playedSamples += part.length;
      filled += part.length;
    }
    for (let i = start; i < filled && this.#risen < this.#fadeSamples; i++) {
      out[i] *= ++this.#risen / this.#fadeSamples;
    }
    if (filled > start) this.#lastSample = out[filled - 1];
    this.#cushion.played(((filled - start) / this.#rateHz) * 1000);
    return filled;
  }

  /** Nothing is left: the end of the answer, or an under-run. @param {number} filled */
  #dry(filled) {
    this.#running = false;
    if (!this.#complete) {
      this.#underRuns += 1;
      this.#cushion.underRun();
    }
    this.#slopeFrom(new Float32Array(this.#fadeSamples).fill(this.#lastSample));
    return filled;
  }

  /** Stop in a fade of the sound that would have come next. */
  #fadeOut() {
    if (!this.#running) return;
    const next = new Float32Array(this.#fadeSamples);
    const filled = this.#take(next, 0);
    this.#slopeFrom(next.fill(this.#lastSample, filled));
    this.#running = false;
  }

  /** @param {Float32Array<ArrayBuffer>} samples */
  #slopeFrom(samples) {
    this.#fade = samples.map((sample, i) => sample * (1 - (i + 1) / samples.length));
    this.#lastSample = 0;
  }

  /**
   * Hand out what is left of a fade-out.
   * @param {Float32Array} out @param {number} filled
   * @returns {number} how far `out` is filled
   */
  #fading(out, filled) {
    const part = this.#fade.subarray(0, out.length - filled);
    out.set(part, filled);
    this.#fade = this.#fade.subarray(part.length);
    return filled + part.length;
  }

  /** Fetch the next block of output; false when there is none now. @returns {boolean} */
  #refill() {
    const chunk = this.#chunks[0];
    if (chunk ? this.#key && !sameKey(this.#key, chunk.key) : this.#complete) {
      this.#block = this.#resampler.flush();
      if (this.#block.length) return true;
      this.#settle();
    }
    if (!chunk) return false;
    this.#key = chunk.key;
    const piece = chunk.pcm.subarray(0, PIECE_SAMPLES);
    chunk.pcm = chunk.pcm.subarray(piece.length);
    if (!chunk.pcm.length) this.#chunks.shift();
    this.#queuedSamples -= piece.length;
    this.#block = this.#resampler.process(fromPcm16(piece));
    return this.#block.length > 0 || this.#refill();
  }

  #settle() {
    const position = this.#key && this.position;
    if (position) this.#settled.push({ ...position, state: "ended" });
    this.#key = null;
    this.#playedSamples = 0;
  }
}
