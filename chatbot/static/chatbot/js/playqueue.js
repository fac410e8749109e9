// @ts-check
/**
 * The sound waiting to be played, and how much of each item has been.
 *
 * Playing starts once a cushion has gathered (or the item is complete), starts over after an
 * under-run, and is cut by `flush` with a short fade. Positions count samples really handed out.
 */

import { fromPcm16, SAMPLE_RATE_HZ } from "./audio.js";
import { Resampler } from "./resampler.js";

/**
 * @typedef {{generation: number, itemId: string, contentIndex: number}} AudioKey
 * @typedef {{key: AudioKey, playedMs: number, state: "ended" | "interrupted"}} Settled
 */

const CUSHION_MS = 80;
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
  /** @type {AudioKey | null} */
  #key = null;
  #playedSamples = 0;
  #block = new Float32Array(0);
  #running = false;
  #complete = true;
  #fade = new Float32Array(0);
  #lastSample = 0;
  /** @type {Settled[]} */
  #settled = [];
  #underRuns = 0;

  /** @param {number} rateHz rate of the samples that `read` gives */
  constructor(rateHz) {
    this.#rateHz = rateHz;
    this.#resampler = new Resampler(SAMPLE_RATE_HZ, rateHz);
  }

  get underRuns() {
    return this.#underRuns;
  }

  /** Whether there is sound that has not been handed out. */
  get active() {
    return this.#key !== null || this.#chunks.length > 0;
  }

  get queuedMs() {
    return (this.#queuedSamples / SAMPLE_RATE_HZ) * 1000;
  }

  /** @returns {{key: AudioKey, playedMs: number} | null} the item being played, or about to be */
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
   * Drop everything but a fade-out of 5 ms.
   * @returns {Settled | null} the item that was cut and how much of it was played
   */
  flush() {
    const fade = new Float32Array(this.#running ? Math.round((this.#rateHz * FADE_MS) / 1000) : 0);
    const before = this.position;
    this.read(fade);
    const cut = this.position ?? before;
    this.#fade = fade.map((sample, i) => sample * (1 - (i + 1) / fade.length));
    this.#chunks = [];
    this.#queuedSamples = 0;
    this.#block = new Float32Array(0);
    this.#resampler.reset();
    this.#key = null;
    this.#playedSamples = 0;
    this.#lastSample = 0;
    this.#running = false;
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
    let filled = Math.min(this.#fade.length, out.length);
    out.set(this.#fade.subarray(0, filled));
    this.#fade = this.#fade.subarray(filled);
    if (!this.#running) this.#running = this.#complete ? this.active : this.queuedMs >= CUSHION_MS;
    while (this.#running && filled < out.length) {
      if (!this.#block.length && !this.#refill()) {
        this.#pause();
        break;
      }
      const part = this.#block.subarray(0, out.length - filled);
      out.set(part, filled);
      this.#block = this.#block.subarray(part.length);
      this.#playedSamples += part.length;
      filled += part.length;
      this.#lastSample = part[part.length - 1];
    }
    this.#release(out, filled);
  }

  /** Nothing is left: the end of the answer, or an under-run. */
  #pause() {
    this.#running = false;
    if (!this.#complete) this.#underRuns += 1;
  }

  /** End in a short slope instead of a click. @param {Float32Array} out @param {number} from */
  #release(out, from) {
    const length = out.length - from;
    for (let i = 0; i < length; i++) out[from + i] = this.#lastSample * (1 - (i + 1) / length);
    if (length) this.#lastSample = 0;
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
