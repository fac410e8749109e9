// @ts-check
/**
 * Microphone samples at the device's rate -> 24 kHz PCM16 frames of 40 ms.
 *
 * Out: {type: "frame", pcm: ArrayBuffer (transferred), level: number}
 *      {type: "stopped"} after the last, partial frame
 * In:  {type: "stop"}
 */

import { SAMPLE_RATE_HZ } from "../audio.js";
import { Framer } from "../framer.js";
import { Resampler } from "../resampler.js";

class CaptureProcessor extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate, SAMPLE_RATE_HZ);
  #framer = new Framer();
  #running = true;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data.type === "stop") this.#stop();
    };
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const samples = inputs[0]?.[0];
    if (samples && this.#running) {
      this.#send(this.#framer.push(this.#resampler.process(samples)));
    }
    return this.#running;
  }

  #stop() {
    if (!this.#running) return;
    this.#running = false;
    this.#send(this.#framer.push(this.#resampler.flush()));
    this.#send(this.#framer.flush());
    this.port.postMessage({ type: "stopped" });
  }

  /** @param {import("../framer.js").Frame[]} frames */
  #send(frames) {
    for (const frame of frames) {
      this.port.postMessage({ type: "frame", ...frame }, [frame.pcm]);
    }
  }
}

registerProcessor("capture", CaptureProcessor);
