// @ts-check
/**
 * The way of sound from the loudspeaker back into the microphone: whether there is one, how long it
 * takes and how much of it arrives, learned from what is played and what is heard meanwhile.
 *
 * Both come as levels in bands, a pair every 10 ms. The way's delay is the one at which the ups and
 * downs of both resemble each other most; where they do not resemble each other there is no way.
 */

import { BANDS } from "./spectrum.js";

/** 0 to 410 ms. */
const DELAYS = 42;
/** Levels are remembered for 1.28 s. */
const REMEMBERED = 128;
/** Nothing quieter that is played can be heard. */
const QUIET_DB = -60;
/** After the last sound come the longest delay and the reverberation. */
const AFTERMATH = DELAYS + 30;
/** Resemblance is remembered for a second, a mean level for half of one. */
const FADING = 0.99;
const MEAN_STEP = 0.02;
/**
 * An echo resembles its source by 0.65 to 0.95, and by more than 0.3 when somebody speaks into it.
 * Another voice that begins at the same moment does by as much at first, and by 0.5 at most once
 * both were heard for long enough; and it is like it now at this delay, now at that.
 */
const ECHO = 0.65;
const ECHO_AFTER_NONE = 0.7;
const STEADY_BLOCKS = 40;
const ENOUGH_BLOCKS = 80;
const NO_ECHO = 0.25;
const NO_ECHO_BLOCKS = 600;
/** While it is as like as this, what is louder than expected is an echo that has grown. */
const SURE_ECHO = 0.8;
/** The gain of a band is what nine of ten blocks stay below; from fewer than six it is not told. */
const RECENT_BLOCKS = 50;
const QUANTILE = 0.9;
const FEW = 6;
const GAIN_STEP_DB = 0.4;
/** Reverberation of a second falls by 0.6 dB in 10 ms, of 0.3 s by 2 dB. */
const SLOWEST_DECAY_DB = 0.6;
const FASTEST_DECAY_DB = 2;
const DECAY_STEP_DB = 0.01;
/** Distortion and leakage between bands stay this far below the loudest band. */
const SPREAD_DB = 35;
const NOISE_STEP_DB = 0.02;
const NOISE_SPREAD_DB = 4;

/** @param {number} db */
const levelsOf = (db) => new Float32Array(BANDS).fill(db);

/** @typedef {"unknown" | "none" | "echo"} EchoKind */

export class EchoPath {
  /** @type {Float32Array[]} what was played; block t at t % REMEMBERED, as in the next two */
  #played = [];
  /** @type {Float32Array[]} how far that was from its mean */
  #playedMoves = [];
  /** @type {Float32Array[]} what was heard */
  #heard = [];
  /** The number of the next block. */
  #time = 0;
  #lastSound = -REMEMBERED;
  /** Blocks learned from since the beginning or `forget`. */
  #known = 0;
  #noise = levelsOf(-50);
  #playedMean = levelsOf(QUIET_DB);
  #heardMean = levelsOf(QUIET_DB);
  #products = new Float64Array(DELAYS);
  #playedSquares = new Float64Array(DELAYS);
  #heardSquares = 0;
  /** @type {EchoKind} */
  #kind = "unknown";
  #delay = 0;
  /** The delay of the most resemblance, and for how many blocks it has been that. */
  #bestDelay = 0;
  #steady = 0;
  #gain = levelsOf(0);
  #expected = levelsOf(-200);
  #decay = SLOWEST_DECAY_DB;
  /** Sounding blocks in a row without a trace of an echo. */
  #unlike = 0;

  get kind() {
    return this.#kind;
  }

  get delayMs() {
    return this.#delay * 10;
  }

  /** The greatest of the bands. */
  get gainDb() {
    return Math.max(...this.#gain);
  }

  /** Levels of the room when nobody speaks. */
  get noise() {
    return this.#noise;
  }

  /** The number of the last block. */
  get time() {
    return this.#time - 1;
  }

  /** Whether what was played may still be heard. */
  get sounds() {
    return this.time - this.#lastSound < AFTERMATH;
  }

  /** Learn anew. */
  forget() {
    this.#kind = "unknown";
    this.#known = 0;
    this.#products.fill(0);
    this.#playedSquares.fill(0);
    this.#heardSquares = 0;
  }

  /** @param {number} t one of the last 128 blocks @returns {Float32Array} what was heard in it */
  heard(t) {
    return this.#heard[t % REMEMBERED];
  }

  /** @param {Float32Array} played @param {Float32Array} heard levels of the same 10 ms */
  hear(played, heard) {
    const t = this.#time++;
    this.#played[t % REMEMBERED] = played;
    this.#heard[t % REMEMBERED] = heard;
    const playedMoves = levelsOf(0);
    const heardMoves = levelsOf(0);
    for (let b = 0; b < BANDS; b++) {
      const above = heard[b] - this.#noise[b];
      this.#noise[b] += above < 0 ? 0.3 * above : NOISE_STEP_DB;
      playedMoves[b] = Math.max(played[b], QUIET_DB - 10) - this.#playedMean[b];
      this.#playedMean[b] += MEAN_STEP * playedMoves[b];
      heardMoves[b] = Math.max(heard[b], this.#noise[b] + NOISE_SPREAD_DB) - this.#heardMean[b];
      this.#heardMean[b] += MEAN_STEP * heardMoves[b];
      if (played[b] > QUIET_DB) this.#lastSound = t;
    }
    this.#playedMoves[t % REMEMBERED] = playedMoves;
    if (!this.sounds) return;
    this.#compare(t, heardMoves);
    this.#known += 1;
    this.#recognise();
  }

  /**
   * The levels that an echo alone may have in block `t`; to be asked for every block in turn.
   * @param {number} t
   */
  expect(t) {
    for (let b = 0; b < BANDS; b++) {
      const tail = this.#expected[b] - this.#decay;
      this.#expected[b] = Math.max(this.#source(t, b) + this.#gain[b], tail);
    }
    const least = Math.max(...this.#expected) - SPREAD_DB;
    return this.#expected.map((level) => Math.max(level, least));
  }

  /** Block `t` held nobody's voice. @param {number} t @param {Float32Array} expected in it */
  learn(t, expected) {
    let [longer, shorter] = [0, 0];
    this.heard(t).forEach((heard, b) => {
      const direct = this.#source(t, b) + this.#gain[b];
      if (expected[b] > direct + NOISE_SPREAD_DB && expected[b] > this.#noise[b] + 2 * NOISE_SPREAD_DB) {
        if (heard > expected[b]) longer += 1;
        else shorter += 1;
      }
      if (direct - this.#gain[b] < QUIET_DB) return;
      this.#gain[b] += GAIN_STEP_DB * (heard > direct ? QUANTILE : QUANTILE - 1);
    });
    const change = DECAY_STEP_DB * (longer ? -QUANTILE / (1 - QUANTILE) : shorter && 1);
    this.#decay = Math.max(SLOWEST_DECAY_DB, Math.min(FASTEST_DECAY_DB, this.#decay + change));
  }

  /** Something louder than expected is heard: take it for the echo if it is that like it. */
  doubt() {
    if (this.#resemblance(this.#delay) >= SURE_ECHO) this.#learnGain();
  }

  /** @param {number} t @param {Float32Array} heardMoves */
  #compare(t, heardMoves) {
    this.#heardSquares *= FADING;
    for (const move of heardMoves) this.#heardSquares += move * move;
    for (let delay = 0; delay < Math.min(DELAYS, t + 1); delay++) {
      const moves = this.#playedMoves[(t - delay) % REMEMBERED];
      let product = 0;
      let square = 0;
      for (let b = 0; b < BANDS; b++) {
        product += heardMoves[b] * moves[b];
        square += moves[b] * moves[b];
      }
      this.#products[delay] = FADING * this.#products[delay] + product;
      this.#playedSquares[delay] = FADING * this.#playedSquares[delay] + square;
    }
  }

  /** @param {number} delay @returns {number} up to 1 */
  #resemblance(delay) {
    return this.#products[delay] / Math.sqrt(this.#heardSquares * this.#playedSquares[delay] + 1);
  }

  #recognise() {
    let delay = 0;
    for (let d = 1; d < DELAYS; d++) {
      if (this.#resemblance(d) > this.#resemblance(delay)) delay = d;
    }
    this.#steady = Math.abs(delay - this.#bestDelay) > 1 ? 0 : this.#steady + 1;
    this.#bestDelay = delay;
    const resemblance = this.#resemblance(delay);
    this.#unlike = resemblance < NO_ECHO ? this.#unlike + 1 : 0;
    if (this.#known < ENOUGH_BLOCKS) return;
    const enough = this.#kind === "none" ? ECHO_AFTER_NONE : ECHO;
    if (resemblance >= enough && this.#steady >= STEADY_BLOCKS) {
      this.#delay = delay;
      if (this.#kind !== "echo") this.#learnGain();
      this.#kind = "echo";
    } else if (this.#kind === "unknown" || this.#unlike > NO_ECHO_BLOCKS) {
      this.#kind = "none";
    }
  }

  /** Take the gain of each band from the last half second. */
  #learnGain() {
    for (let b = 0; b < BANDS; b++) {
      const gains = [];
      for (let t = Math.max(0, this.#time - RECENT_BLOCKS); t < this.#time; t++) {
        const source = this.#source(t, b);
        if (source >= QUIET_DB) gains.push(this.heard(t)[b] - source);
      }
      gains.sort((one, other) => one - other);
      this.#gain[b] = gains.length < FEW ? 0 : gains[Math.floor(gains.length * QUANTILE)];
    }
  }

  /**
   * The greatest level in a band that was played one delay before block `t`, give or take 10 ms.
   * @param {number} t @param {number} b
   */
  #source(t, b) {
    let most = -200;
    for (let at = Math.max(0, t - this.#delay - 1); at <= Math.min(t, t - this.#delay + 1); at++) {
      most = Math.max(most, this.#played[at % REMEMBERED][b]);
    }
    return most;
  }
}
