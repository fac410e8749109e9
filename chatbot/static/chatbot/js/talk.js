// @ts-check
/** Which of the microphone's frames go out: all, silence in their place, or those of a held button. */

import { Loudness } from "./loudness.js";

/**
 * @typedef {"hands-free" | "push-to-talk"} Mode
 * @typedef {"commit" | "clear" | "silent" | "nothing"} Release what becomes of what was said;
 *   "silent": nobody has spoken
 */

/** A shorter press is a slip of the hand. */
const SHORTEST_PRESS_MS = 200;
/** The service takes no less than 100 ms for a turn. */
const SHORTEST_SPEECH_BYTES = 4800;
/** The shortest word is longer than 100 ms, the click of a key is not. */
const SHORTEST_LOUD_BYTES = 4800;

export class Talk {
  muted = false;
  #mode;
  #now;
  /** @type {number | null} */
  #pressedAt = null;
  #isReleasing = false;
  #saidBytes = 0;
  #loudBytes = 0;
  #loudness = new Loudness();
  #isLoud = false;

  /** @param {Mode} [mode] @param {() => number} [now] milliseconds */
  constructor(mode = "hands-free", now = () => performance.now()) {
    this.#mode = mode;
    this.#now = now;
  }

  get mode() {
    return this.#mode;
  }

  /** Whether the button is held. */
  get pressed() {
    return this.#pressedAt !== null && !this.#isReleasing;
  }

  /** Whether somebody speaks in the newest frame that goes out. */
  get loud() {
    return this.#isLoud;
  }

  /** @param {Mode} mode a held button is let go without a turn */
  set mode(mode) {
    this.#mode = mode;
    this.#letGo();
  }

  /**
   * @param {ArrayBuffer} pcm
   * @param {number} level its root mean square
   * @returns {ArrayBuffer | null} what is to be sent
   */
  frame(pcm, level) {
    this.#isLoud = this.#loudness.hears(level) && !this.muted;
    if (this.#mode === "push-to-talk" && this.#pressedAt === null) return null;
    this.#saidBytes += pcm.byteLength;
    if (this.#isLoud) this.#loudBytes += pcm.byteLength;
    return this.muted ? new ArrayBuffer(pcm.byteLength) : pcm;
  }

  /** @returns {boolean} whether a turn begins */
  press() {
    if (this.#mode !== "push-to-talk" || this.#pressedAt !== null) return false;
    this.#pressedAt = this.#now();
    this.#saidBytes = this.#loudBytes = 0;
    return true;
  }

  /**
   * The button is let go; frames go out until the last one has been handed over.
   * @param {() => Promise<void>} flush hands over the last frame
   * @returns {Promise<Release>}
   */
  async release(flush) {
    if (!this.pressed) return "nothing";
    const pressedAt = this.#pressedAt;
    const heldMs = this.#now() - (pressedAt ?? 0);
    this.#isReleasing = true;
    await flush();
    if (this.#pressedAt !== pressedAt) return "nothing";
    this.#letGo();
    const isPress = heldMs >= SHORTEST_PRESS_MS && this.#saidBytes >= SHORTEST_SPEECH_BYTES;
    if (!isPress) return "clear";
    return this.#loudBytes >= SHORTEST_LOUD_BYTES ? "commit" : "silent";
  }

  #letGo() {
    this.#pressedAt = null;
    this.#isReleasing = false;
  }
}
