// @ts-check
/** The assistant's voice: which audio may be heard, how loud and where, and how much of it was. */

/**
 * @typedef {import("./playqueue.js").AudioKey} AudioKey
 * @typedef {import("./playqueue.js").Position} Position
 * @typedef {import("./playqueue.js").Settled} Settled
 * @typedef {{active: boolean, paused?: boolean, key?: AudioKey, playedMs?: number,
 *   queuedMs: number, cushionMs?: number, underRuns: number, level: number, at?: number}} PlaybackStatus
 * @typedef {AudioContext & {setSinkId?: (id: string) => Promise<void>}} SinkContext
 */

const ANSWER_TIMEOUT_MS = 100;
/** Time constant of a change of the volume: no click, and no wait. */
const VOLUME_SECONDS = 0.02;

export class Playback {
  /** @type {AudioWorkletNode | null} */
  #node = null;
  /** @type {SinkContext | null} */
  #context = null;
  /** @type {GainNode | null} */
  #output = null;
  #volume = 1;
  #speaker = "";
  /** @type {[object, Transferable[]][]} posted before the worklet was there */
  #early = [];
  #handlers;
  /** @type {AudioKey | null} */
  #key = null;
  /** Audio of this generation and of older ones is not played any more. */
  #cutGeneration = -1;
  #active = false;
  #paused = false;
  /** @type {Position | null} the last known */
  #position = null;
  /** @type {((told: any) => void)[]} that wait for the worklet's answers */
  #asked = [];

  /** @param {{status: (status: PlaybackStatus) => void, ended: (settled: Settled) => void}} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** Whether something is being heard, is about to be, or is paused. */
  get active() {
    return this.#active;
  }

  get paused() {
    return this.#paused;
  }

  /** What goes to the loudspeaker; there from the moment that `load` is called. */
  get output() {
    return this.#output;
  }

  /** @param {SinkContext} context @param {string} workletUrl */
  async load(context, workletUrl) {
    this.#context = context;
    const output = new GainNode(context, { gain: this.#volume });
    this.#output = output;
    output.connect(context.destination);
    if (this.#speaker) void this.setSpeaker(this.#speaker);
    await context.audioWorklet.addModule(workletUrl);
    const node = new AudioWorkletNode(context, "playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    node.port.onmessage = ({ data }) => this.#receive(data);
    node.connect(output);
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
    if (!this.#active) this.#position = { key: this.#key, playedMs: 0 };
    this.#active = true;
    this.#post({ type: "audio", key: this.#key, pcm }, [pcm]);
  }

  /** No more audio follows what has come. */
  finish() {
    this.#post({ type: "finish" });
  }

  /**
   * Be silent at once, and keep what is left.
   * @returns {Promise<Position | null>} where `resume` plays on
   */
  async pause() {
    if (!this.#active || this.#paused) return this.#active ? this.#position : null;
    this.#paused = true;
    const position = await this.#ask({ type: "pause" }, this.#position);
    if (!position) this.#paused = false;
    return position;
  }

  resume() {
    this.#paused = false;
    this.#post({ type: "resume" });
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
    this.#paused = false;
    this.#early = [];
    /** @type {Settled | null} */
    const cut = await this.#ask({ type: "flush" }, known && { ...known, state: "interrupted" });
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

  /** @param {number} volume 0..1 */
  setVolume(volume) {
    this.#volume = volume;
    const gain = this.#output?.gain;
    if (gain) gain.setTargetAtTime(volume, this.#context?.currentTime ?? 0, VOLUME_SECONDS);
  }

  /**
   * @param {string} id of an output device; "" is the system's own choice
   * @returns {Promise<boolean>} whether it plays there, as far as is known before `load`
   */
  async setSpeaker(id) {
    this.#speaker = id;
    if (!this.#context) return true;
    try {
      await this.#context.setSinkId?.(id);
      return Boolean(this.#context.setSinkId);
    } catch {
      return false;
    }
  }

  close() {
    this.#post({ type: "close" });
    this.#node?.port.close();
    this.#node?.disconnect();
    this.#output?.disconnect();
    this.#node = null;
  }

  /** @param {object} message @param {Transferable[]} [transfer] */
  #post(message, transfer = []) {
    if (this.#node) this.#node.port.postMessage(message, transfer);
    else this.#early.push([message, transfer]);
  }

  /**
   * What the worklet answers, or else what is known: a suspended context does not answer.
   * @param {object} message @param {any} known
   * @returns {Promise<any>}
   */
  #ask(message, known) {
    this.#post(message);
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      setTimeout(() => resolve(known), ANSWER_TIMEOUT_MS);
    });
  }

  /** @param {any} message of the worklet; its header lists them */
  #receive(message) {
    if (message.type === "flushed") this.#asked.shift()?.(message.cut);
    if (message.type === "paused") this.#asked.shift()?.(message.position);
    if (message.type === "settled") this.#handlers.ended(message);
    if (message.type === "status" && !this.#asked.length) {
      this.#active = message.active;
      if (message.key) this.#position = { key: message.key, playedMs: message.playedMs };
      this.#handlers.status(message);
    }
  }
}
