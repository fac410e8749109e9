// @ts-check
/**
 * Keeps the assistant's own voice, as the microphone hears it, from being taken for the user's.
 *
 * Where the loudspeaker is heard in the microphone, only sound that is louder than its echo can be,
 * in enough bands for long enough, passes; the rest becomes silence. Blocks are held back for a
 * moment, so that what led up to the user's first syllable passes with it. Where it is not heard
 * (headphones, or a browser that cancels it), and while nothing plays, everything passes at once.
 */

import { SAMPLE_RATE_HZ } from "./audio.js";
import { EchoPath } from "./echopath.js";
import { Spectrum } from "./spectrum.js";

/**
 * @typedef {{coupled: boolean, delayMs: number, couplingDb: number, silencedMs: number}} EchoState
 * @typedef {{time: number, samples: Float32Array, expected: Float32Array | null,
 *   open: boolean}} Block `expected` since it was judged
 */

const BLOCK_MS = 10;
const BLOCK_SAMPLES = (SAMPLE_RATE_HZ * BLOCK_MS) / 1000;
/** A voice counts from here on above the echo, and above the room's noise. */
const ECHO_MARGIN_DB = 4;
const NOISE_MARGIN_DB = 8;
/** What one band can add, and what all of them must come to in their mean. */
const BAND_LIMIT_DB = 12;
const VOICE_DB = 0.5;
/** So many of the last so many blocks are a voice, which then lasts for so many blocks more. */
const VOICE_BLOCKS = 3;
const WINDOW_BLOCKS = 6;
const HANGOVER_BLOCKS = 25;
const HELD_BLOCKS = 14;
/** A voice that lasts this long is looked at again. */
const DOUBT_BLOCKS = 50;

export class EchoGate {
  #path = new EchoPath();
  #playedSpectrum = new Spectrum();
  #heardSpectrum = new Spectrum();
  #heard = new Float32Array(BLOCK_SAMPLES);
  #played = new Float32Array(BLOCK_SAMPLES);
  #filled = 0;
  /** @type {Block[]} */
  #held = [];
  /** @type {number[]} times of the latest blocks that were like a voice */
  #voiced = [];
  #openUntil = -1;
  #openSince = -1;
  #silencedMs = 0;
  /** @type {Float32Array[]} */
  #out = [];

  /** @returns {EchoState} */
  get state() {
    const { kind, delayMs, gainDb } = this.#path;
    const coupled = kind === "echo";
    return { coupled, delayMs, couplingDb: Math.round(gainDb), silencedMs: this.#silencedMs };
  }

  /** The microphone or the loudspeaker is another one. */
  forget() {
    this.#path.forget();
  }

  /**
   * @param {Float32Array} heard by the microphone, 24 kHz
   * @param {Float32Array} played at the same time, as many samples
   * @returns {Float32Array} what may be sent: as many samples in the end, some of them later
   */
  process(heard, played) {
    for (let used = 0; used < heard.length; ) {
      const end = Math.min(heard.length, used + BLOCK_SAMPLES - this.#filled);
      this.#heard.set(heard.subarray(used, end), this.#filled);
      this.#played.set(played.subarray(used, end), this.#filled);
      this.#filled += end - used;
      used = end;
      if (this.#filled === BLOCK_SAMPLES) this.#take();
    }
    return this.#taken();
  }

  /** @returns {Float32Array} everything that is held back still */
  flush() {
    this.#release(0, this.#path.kind !== "echo");
    this.#out.push(this.#heard.slice(0, this.#filled));
    this.#filled = 0;
    return this.#taken();
  }

  #take() {
    const path = this.#path;
    const heard = this.#heardSpectrum.levels(this.#heard);
    path.hear(this.#playedSpectrum.levels(this.#played), heard);
    this.#filled = 0;
    const samples = this.#heard.slice();
    this.#held.push({ time: path.time, samples, expected: null, open: false });
    if (!path.sounds || path.kind === "none") this.#release(0, true);
    else if (path.kind === "echo") this.#judge();
    else if (this.#held.length === 1 && this.#isQuiet(heard)) this.#release(0, true);
  }

  /** @param {Float32Array} heard levels */
  #isQuiet(heard) {
    return heard.every((level, b) => level < this.#path.noise[b] + NOISE_MARGIN_DB);
  }

  /**
   * How far block `time` is louder than an echo in the room's noise, dB in the mean of the bands.
   * @param {number} time @param {Float32Array} expected
   */
  #excess(time, expected) {
    let sum = 0;
    this.#path.heard(time).forEach((level, b) => {
      const noise = this.#path.noise[b] + NOISE_MARGIN_DB;
      const excess = level - Math.max(expected[b] + ECHO_MARGIN_DB, noise);
      sum += Math.max(0, Math.min(BAND_LIMIT_DB, excess));
    });
    return sum / expected.length;
  }

  #judge() {
    for (const block of this.#held.filter(({ expected }) => !expected)) {
      const { time } = block;
      block.expected = this.#path.expect(time);
      if (this.#excess(time, block.expected) > VOICE_DB) this.#voiced.push(time);
      this.#voiced = this.#voiced.filter((voiced) => voiced > time - WINDOW_BLOCKS);
      if (this.#voiced.length >= VOICE_BLOCKS) this.#open(time);
      block.open ||= time <= this.#openUntil;
    }
    this.#release(HELD_BLOCKS, false);
  }

  /** @param {number} time of a block in which the user speaks */
  #open(time) {
    if (time > this.#openUntil) this.#openSince = time;
    this.#openUntil = time + HANGOVER_BLOCKS;
    for (const block of this.#held) {
      if (block.time > time - HELD_BLOCKS && block.time <= time) block.open = true;
    }
    if (time - this.#openSince > DOUBT_BLOCKS) this.#path.doubt();
  }

  /** @param {number} kept how many blocks may stay @param {boolean} all whether all of it passes */
  #release(kept, all) {
    for (let block; (block = this.#held[0]); this.#held.shift()) {
      if (!block.open && this.#held.length <= kept) return;
      if (!all && !block.open) {
        block.samples.fill(0);
        this.#silencedMs += BLOCK_MS;
        if (block.expected) this.#path.learn(block.time, block.expected);
      }
      this.#out.push(block.samples);
    }
  }

  #taken() {
    const out = new Float32Array(this.#out.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of this.#out.splice(0)) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}
