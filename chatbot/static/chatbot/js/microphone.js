// @ts-check
/** The microphone of a call: opened when it is wanted, replaced once when it goes away. */

import { Capture, MicrophoneError } from "./capture.js";
import { say } from "./messages.js";

/**
 * @typedef {{echoCancellation?: boolean, noiseSuppression?: boolean, autoGainControl?: boolean}} Processing
 * @typedef {"asking" | "on" | "off" | "lost"} MicrophoneState
 *
 * @typedef {object} MicrophoneHandlers
 * @property {(pcm: ArrayBuffer, level: number) => void} frame
 * @property {(state: MicrophoneState, notice?: string) => void} state
 * @property {(isSilenced: boolean) => void} silenced by the system, for a phone call or by a switch
 */

export class Microphone {
  #context;
  #workletUrl;
  #handlers;
  #device;
  #processing;
  #reference;
  /** @type {Capture | null} */
  #capture = null;
  /** Whether the user has asked for it in this call. */
  #isWanted = false;
  #isOpening = false;
  #isClosed = false;

  /**
   * @param {AudioContext} context
   * @param {string} workletUrl
   * @param {MicrophoneHandlers} handlers
   * @param {{device?: string, processing?: Processing, reference?: () => AudioNode | undefined}} [wishes]
   */
  constructor(context, workletUrl, handlers, { device = "", processing = {}, reference } = {}) {
    this.#context = context;
    this.#workletUrl = workletUrl;
    this.#handlers = handlers;
    this.#device = device;
    this.#processing = processing;
    this.#reference = reference;
  }

  async open() {
    this.#isWanted = true;
    if (this.#capture || this.#isOpening || this.#isClosed) return;
    this.#handlers.state("asking");
    try {
      await this.#start(this.#device);
      this.#handlers.state("on");
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The last, partial frame is handed over. */
  async flush() {
    await this.#capture?.flush();
  }

  async close() {
    this.#isClosed = true;
    await this.#stop();
  }

  /** @param {string} device "" is the system's default */
  async choose(device) {
    this.#device = device;
    if (!this.#capture) return this.#isWanted ? this.open() : undefined;
    try {
      await this.#capture.setDevice(device);
    } catch (error) {
      this.#handlers.state("on", say(`microphone.${problemOf(error)}`));
    }
  }

  /** @param {Processing} processing */
  async setProcessing(processing) {
    this.#processing = { ...this.#processing, ...processing };
    await this.#capture?.setProcessing(processing);
  }

  /** The loudspeaker is another one. */
  echoPathChanged() {
    this.#capture?.echoPathChanged();
  }

  /** For the debug drawer. */
  get echo() {
    return this.#capture?.echo ?? null;
  }

  /** @param {string} device */
  async #start(device) {
    this.#isOpening = true;
    try {
      const capture = await Capture.start(
        this.#context,
        this.#workletUrl,
        {
          frame: this.#handlers.frame,
          lost: () => void this.#replace(),
          silenced: this.#handlers.silenced,
        },
        { device, processing: this.#processing, reference: this.#reference?.() },
      );
      if (this.#isClosed) await capture.stop();
      else this.#capture = capture;
    } finally {
      this.#isOpening = false;
    }
  }

  async #stop() {
    const capture = this.#capture;
    this.#capture = null;
    await capture?.stop();
  }

  /** The device went away: go on with the default one, if there is any. */
  async #replace() {
    await this.#stop();
    if (this.#isClosed) return;
    this.#handlers.state("asking");
    try {
      await this.#start("");
      this.#handlers.state("on", say("microphone.replaced"));
    } catch {
      this.#handlers.state("lost", say("microphone.lost"));
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    if (!this.#isClosed) this.#handlers.state("off", say(`microphone.${problemOf(error)}`));
  }
}

/** @param {unknown} error */
function problemOf(error) {
  return error instanceof MicrophoneError ? error.problem : "failed";
}
