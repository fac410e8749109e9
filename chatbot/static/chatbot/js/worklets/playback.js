// @ts-check
/**
 * Plays 24 kHz PCM16 chunks without gaps.
 *
 * In:  {type: "audio", key: AudioKey, pcm: ArrayBuffer (transferred)}
 *      {type: "finish"} no more sound follows
 *      {type: "pause"}  be silent and keep what is left
 *      {type: "resume"} play on
 *      {type: "flush"}  be silent and drop what is left
 *      {type: "close"}  the end of this node
 * Out: {type: "status", active, paused, key, playedMs, queuedMs, cushionMs, underRuns, level, at}
 *          every 50 ms while it sounds, and once after; `at` seconds of the context's time
 *      {type: "settled", key, playedMs, state: "ended"} when an item was played to its end
 *      {type: "paused", position: Position | null} in answer to "pause"
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
  #open = true;

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
    return this.#open;
  }

  /** @param {{type: string, key: import("../playqueue.js").AudioKey, pcm: ArrayBuffer}} message */
  #receive({ type, key, pcm }) {
    const queue = this.#queue;
    if (type === "audio") queue.push(key, new Int16Array(pcm));
    if (type === "finish") queue.finish();
    if (type === "pause") this.port.postMessage({ type: "paused", position: queue.pause() });
    if (type === "resume") queue.resume();
    if (type === "flush") this.port.postMessage({ type: "flushed", cut: queue.flush() });
    if (type === "close") this.#open = false;
  }

  #report() {
    const { active, paused, queuedMs, cushionMs, underRuns, position } = this.#queue;
    const level = Math.sqrt(this.#powerSinceStatus / this.#samplesSinceStatus);
    const sounds = active || level > 0;
    if (sounds || this.#sounded) {
      const status = { active, paused, queuedMs, cushionMs, underRuns, level, at: currentTime, ...position };
      this.port.postMessage({ type: "status", ...status });
    }
    this.#sounded = sounds;
    this.#samplesSinceStatus = 0;
    this.#powerSinceStatus = 0;
  }
}

registerProcessor("playback", PlaybackProcessor);
