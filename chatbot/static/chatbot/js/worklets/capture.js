// @ts-check
/**
 * Microphone samples at the device's rate -> 24 kHz PCM16 frames of 40 ms.
 * Input 0 is the microphone, input 1 what the loudspeaker plays.
 *
 * In:  {type: "flush"} hand over the last, partial frame
 *      {type: "echo path"} another microphone, or another loudspeaker
 *      {type: "close"} the end of this node
 * Out: {type: "frame", pcm: ArrayBuffer (transferred), level: number, echo: EchoState}
 *      {type: "flushed"} in answer to "flush", after the frame
 */

import { SAMPLE_RATE_HZ } from "../audio.js";
import { EchoGate } from "../echo.js";
import { Framer } from "../framer.js";
import { Resampler } from "../resampler.js";

class CaptureProcessor extends AudioWorkletProcessor {
  #spoken = new Resampler(sampleRate, SAMPLE_RATE_HZ);
  #played = new Resampler(sampleRate, SAMPLE_RATE_HZ);
  #gate = new EchoGate();
  #framer = new Framer();
  #open = true;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#receive(data.type);
  }

  /** @param {Float32Array[][]} inputs none of a device that is silent @param {Float32Array[][]} outputs */
  process([[spoken], [played]], [[silence]]) {
    if (!this.#open) return false;
    const heard = this.#spoken.process(spoken ?? silence);
    const reference = this.#played.process(played ?? silence);
    this.#send(this.#framer.push(this.#gate.process(heard, reference)));
    return true;
  }

  /** @param {string} type */
  #receive(type) {
    if (type === "flush") this.#flush();
    if (type === "echo path") this.#gate.forget();
    if (type === "close") this.#open = false;
  }

  #flush() {
    this.#send(this.#framer.push(this.#gate.process(this.#spoken.flush(), this.#played.flush())));
    this.#send(this.#framer.push(this.#gate.flush()));
    this.#send(this.#framer.flush());
    this.port.postMessage({ type: "flushed" });
  }

  /** @param {import("../framer.js").Frame[]} frames */
  #send(frames) {
    const echo = this.#gate.state;
    for (const frame of frames) {
      this.port.postMessage({ type: "frame", ...frame, echo }, [frame.pcm]);
    }
  }
}

registerProcessor("capture", CaptureProcessor);
