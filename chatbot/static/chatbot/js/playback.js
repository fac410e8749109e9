// @ts-check
/** The assistant's voice: which audio may be heard, and how much of it was. */

/**
 * @typedef {import("./playqueue.js").AudioKey} AudioKey
 * @typedef {import("./playqueue.js").Settled} Settled
 * @typedef {{active: boolean, key?: AudioKey, playedMs?: number, queuedMs: number,
 *   underRuns: number, level: number}} PlaybackStatus
 */

const FLUSH_TIMEOUT_MS = 100;

export class Playback {
  /** @type {AudioWorkletNode | null} */
  #node = null;
  /** @type {[object, Transferable[]][]} posted before the worklet was there */
  #early = [];
  #handlers;
  /** @type {AudioKey | null} */
  #key = null;
  /** Audio of this generation and of older ones is not played any more. */
  #cutGeneration = -1;
  #active = false;
  /** @type {Settled | null} the last known position */
  #position = null;
  /** @type {((cut: Settled | null) => void)[]} */
  #flushes = [];

  /** @param {{status: (status: PlaybackStatus) => void, ended: (settled: Settled) => void}} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** Whether something is being heard, or is about to be. */
  get active() {
    return this.#active;
  }

  /** @param {AudioContext} context @param {string} workletUrl */
  async load(context, workletUrl) {
    await context.audioWorklet.addModule(workletUrl);
    const node = new AudioWorkletNode(context, "playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    node.port.onmessage = ({ data }) => this.#receive(data);
    node.connect(context.destination);
    this.#node = node;
    for (const [message, transfer] of this.#early.splice(0)) node.port.postMessage(message, transfer);
  }

  /** @param {{generation: number, item_id: string, content_index: number}} header of what follows */
  header({ generation, item_id, content_index }) {
    this.#key = { generation, itemId: item_id, contentIndex: content_index };
  }

  /** @param {ArrayBuffer} pcm */
  audio(pcm) {
    if (!this.#key || this.#key.generation <= this.#cutGeneration) return;
    if (!this.#active) this.#position = { key: this.#key, playedMs: 0, state: "interrupted" };
    this.#active = true;
    this.#post({ type: "audio", key: this.#key, pcm }, [pcm]);
  }

  /** No more audio follows what has come. */
  finish() {
    this.#post({ type: "finish" });
  }

  /**
   * Be silent at once, and deaf to what was cut until a header of a greater generation.
   * @returns {Promise<Settled | null>} what was cut, and how much of it was played
   */
  async flush() {
    const generation = this.#key?.generation ?? -1;
    if (this.#active) this.#cutGeneration = generation;
    const known = this.#active ? this.#position : null;
    this.#active = false;
    this.#early = [];
    this.#post({ type: "flush" });
    /** @type {Settled | null} */
    const cut = await new Promise((resolve) => {
      this.#flushes.push(resolve);
      // A suspended context does not answer.
      setTimeout(() => resolve(known), FLUSH_TIMEOUT_MS);
    });
    if (cut) this.#cutGeneration = Math.max(this.#cutGeneration, generation);
    return cut;
  }

  /**
   * Flush what is older than `generation`.
   * @param {number} generation
   */
  async flushBefore(generation) {
    if (this.#active && this.#key && this.#key.generation < generation) await this.flush();
  }

  close() {
    this.#node?.port.close();
    this.#node?.disconnect();
    this.#node = null;
  }

  /** @param {object} message @param {Transferable[]} [transfer] */
  #post(message, transfer = []) {
    if (this.#node) this.#node.port.postMessage(message, transfer);
    else this.#early.push([message, transfer]);
  }

  /** @param {any} message of the worklet; its header lists them */
  #receive(message) {
    if (message.type === "flushed") this.#flushes.shift()?.(message.cut);
    if (message.type === "settled") this.#handlers.ended(message);
    if (message.type === "status" && !this.#flushes.length) {
      this.#active = message.active;
      if (message.key) this.#position = { ...message, state: "interrupted" };
      this.#handlers.status(message);
    }
  }
}
