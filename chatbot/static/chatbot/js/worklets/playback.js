// @ts-check
/**
 * Plays 24 kHz PCM16 chunks without gaps.
 *
 * In:  {type: "audio", key: AudioKey, pcm: ArrayBuffer (transferred)}
 *      {type: "finish"} no more sound follows
 *      {type: "flush"}  be silent now
 * Out: {type: "status", active, key, playedMs, queuedMs, underRuns, level} every 50 ms while it sounds, and once after
 *      {type: "settled", key, playedMs, state: "ended"} when an item was played to its end
 *      {type: "flushed", cut: Settled | null} in answer to "flush"
 */

import { rms } from "../audio.js";
import { PlaybackQueue } from "../playqueue.js";

const STATUS_SECONDS = 0.05;

class PlaybackProcessor extends AudioWorkletProcessor {
  #queue = new PlaybackQueue(sampleRate);
  #samplesSinceStatus = 0;
  #powerSinceStatus = 0;
  #sounded = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#receive(data);
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, outputs) {
    const [first, ...others] = outputs[0];
    this.#queue.read(first);
    for (const channel of others) channel.set(first);
    this.#powerSinceStatus += rms(first) ** 2 * first.length;
    this.#samplesSinceStatus += first.length;
    for (const settled of this.#queue.takeSettled()) {
      this.port.postMessage({ type: "settled", ...settled });
    }
    if (this.#samplesSinceStatus >= sampleRate * STATUS_SECONDS) this.#report();
    return true;
  }

  /** @param {{type: string, key: import("../playqueue.js").AudioKey, pcm: ArrayBuffer}} message */
  #receive({ type, key, pcm }) {
    if (type === "audio") this.#queue.push(key, new Int16Array(pcm));
    if (type === "finish") this.#queue.finish();
    if (type === "flush") this.port.postMessage({ type: "flushed", cut: this.#queue.flush() });
  }

  #report() {
    const { active, queuedMs, underRuns, position } = this.#queue;
    const level = Math.sqrt(this.#powerSinceStatus / this.#samplesSinceStatus);
    const sounds = active || level > 0;
    if (sounds || this.#sounded) {
      this.port.postMessage({ type: "status", active, queuedMs, underRuns, level, ...position });
    }
    this.#sounded = sounds;
    this.#samplesSinceStatus = 0;
    this.#powerSinceStatus = 0;
  }
}

registerProcessor("playback", PlaybackProcessor);
