// @ts-check
/** What is heard in a call: obeys the server's word on it, and reports what was played. */

import { Playback } from "./playback.js";

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {import("./playback.js").PlaybackStatus} PlaybackStatus
 * @typedef {import("./playqueue.js").AudioKey} AudioKey
 */

const REPORT_INTERVAL_MS = 250;
const BYTES_PER_MS = 48;

export class Loudspeaker {
  #playback;
  #report;
  #reportedAt = 0;
  /** Each call counts its generations from 0, the player does not: what to add for this call. */
  #base = 0;
  #newest = -1;
  #isPaused = false;
  /** @type {string | null} the item that is heard, or was last */
  #itemId = null;
  /** @type {Map<string, number>} items of the newest answer -> how many bytes have come of each */
  #received = new Map();
  #receiving = "";
  /**
   * Where the newest answer that was heard was `at` that time of the context, or ended.
   * @type {{key: AudioKey, playedMs: number, leftMs: number, at: number} | null}
   */
  #heard = null;
  /** @type {AudioContext | null} */
  #context = null;
  /** A new call is dialled: what is not whole is silent until it is known whether it is cut. */
  #isHeld = false;
  /** @type {string | null} the newest one that is stored whole */
  #wholeId = null;

  /**
   * @param {{status: (status: PlaybackStatus) => void, report: (event: SocketEvent) => void}} handlers
   */
  constructor({ status, report }) {
    this.#report = report;
    this.#playback = new Playback({
      status: (shown) => {
        this.#itemId = shown.key?.itemId ?? this.#itemId;
        this.#hear(shown);
        status(shown);
        this.#reportPlaying(shown);
      },
      ended: ({ key, playedMs, state }) => {
        this.#heard = { key, playedMs, leftMs: 0, at: 0 };
        this.#tell(key, playedMs, state);
      },
    });
  }

  /** Whether something is being heard, is about to be, or is paused. */
  get active() {
    return this.#playback.active;
  }

  /** The answer that sounds, if it is all here and stored: it can be played on without its call. */
  get whole() {
    return this.active && this.#itemId === this.#wholeId ? this.#itemId : null;
  }

  /** How far the newest answer was heard, as a call that goes on is told. */
  get heard() {
    const { itemId = "" } = this.#heard?.key ?? {};
    const bytes = this.#received.get(itemId);
    if (!bytes) return null;
    const received = Math.round(bytes / BYTES_PER_MS);
    return { heard: itemId, played: String(Math.floor(this.#playedMs)), received: String(received) };
  }

  /** What goes to the device, for the echo gate. */
  get output() {
    return this.#playback.output ?? undefined;
  }

  /** @param {AudioContext} context @param {string} workletUrl */
  async load(context, workletUrl) {
    this.#context = context;
    await this.#playback.load(context, workletUrl);
  }

  /** @param {SocketEvent} event */
  receive(event) {
    switch (event.type) {
      case "chat.call.started":
        return this.#beginCall(event.turns);
      case "chat.audio":
        return this.#header(event);
      case "response.done":
        return this.#playback.finish();
      case "chat.turn.saved":
        if (event.status === "completed") this.#wholeId = event.item_id;
        return;
      case "chat.paused":
        return void this.#pause();
      case "chat.resumed":
        return this.#resume();
      case "chat.interrupted":
        return void this.#flushBefore(event.generation);
      case "input_audio_buffer.speech_started":
        return void this.#flushOldCall();
    }
  }

  /** @param {ArrayBuffer} pcm */
  audio(pcm) {
    this.#received.set(this.#receiving, (this.#received.get(this.#receiving) ?? 0) + pcm.byteLength);
    this.#playback.audio(pcm);
    if (this.#isPaused && !this.#playback.paused) void this.#playback.pause();
  }

  /** A new call is dialled, and is told how far the answer was heard: that is to be all of it. */
  hold() {
    this.#isHeld = this.active && !this.whole && !this.#playback.paused;
    if (this.#isHeld) void this.#playback.pause();
  }

  /** The call is lost: what has come is played, what is in doubt is not. */
  async lost() {
    this.#playback.finish();
    this.#letGo();
    if (this.#isPaused) await this.cut();
  }

  /**
   * Be silent at once.
   * @returns {Promise<object | null>} where the answer was cut, as the server wants it
   */
  async cut() {
    this.#isPaused = false;
    const cut = await this.#playback.flush();
    return cut && this.#position(cut.key, cut.playedMs);
  }

  /** Tell how far the answer has been heard, as it is known without asking. */
  tell() {
    if (this.active && this.#heard) this.#tell(this.#heard.key, this.#playedMs, "playing");
  }

  /** @param {number} volume 0..1 */
  setVolume(volume) {
    this.#playback.setVolume(volume);
  }

  /** @param {string} id */
  setSpeaker(id) {
    return this.#playback.setSpeaker(id);
  }

  close() {
    this.#playback.close();
  }

  /** An answer that is stored whole goes on; any other is answered anew. @param {any[]} turns */
  #beginCall(turns) {
    this.#base = this.#newest + 1;
    const isWhole = turns.some(
      ({ item_id, status }) => item_id === this.#itemId && status === "completed",
    );
    if (this.active && !isWhole) void this.cut();
    this.#letGo();
  }

  /** Play on what was held. */
  #letGo() {
    if (this.#isHeld && this.active) this.#playback.resume();
    this.#isHeld = false;
  }

  /** @param {PlaybackStatus} status */
  #hear({ key, playedMs = 0, queuedMs, paused, at = 0 }) {
    if (key) this.#heard = { key, playedMs, leftMs: paused ? 0 : queuedMs, at };
  }

  /** What was played until now; the last word of the worklet is some milliseconds old. */
  get #playedMs() {
    const { playedMs, leftMs, at } = this.#heard ?? { playedMs: 0, leftMs: 0, at: 0 };
    const sinceMs = 1000 * ((this.#context?.currentTime ?? 0) - at);
    return playedMs + Math.max(0, Math.min(sinceMs, leftMs));
  }

  /** @param {any} header */
  #header(header) {
    if (!this.active) this.#itemId = header.item_id;
    if (!this.active && !this.#received.has(header.item_id)) this.#received.clear();
    this.#receiving = header.item_id;
    const generation = this.#base + header.generation;
    this.#newest = Math.max(this.#newest, generation);
    this.#playback.header({ ...header, generation });
  }

  async #pause() {
    this.#isPaused = true;
    const position = await this.#playback.pause();
    if (position) this.#tell(position.key, position.playedMs, "paused");
  }

  #resume() {
    this.#isPaused = false;
    this.#playback.resume();
  }

  /** @param {number} generation */
  async #flushBefore(generation) {
    this.#isPaused = false;
    await this.#playback.flushBefore(this.#base + generation);
    if (!this.#isPaused) this.#playback.resume();
  }

  /** The server knows nothing of what is left of the call before: the user does not talk over it. */
  async #flushOldCall() {
    if (this.active && this.#newest < this.#base) await this.cut();
  }

  /** @param {PlaybackStatus} status */
  #reportPlaying({ key, playedMs = 0, paused }) {
    const now = performance.now();
    if (!key || paused || now - this.#reportedAt < REPORT_INTERVAL_MS) return;
    this.#reportedAt = now;
    this.#tell(key, playedMs, "playing");
  }

  /** @param {AudioKey} key @param {number} playedMs @param {string} state */
  #tell(key, playedMs, state) {
    const position = this.#position(key, playedMs);
    if (position) this.#report({ type: "chat.playback", ...position, state });
  }

  /** Null for what is left of a call before. @param {AudioKey} key @param {number} playedMs */
  #position({ generation, itemId, contentIndex }, playedMs) {
    if (generation < this.#base) return null;
    return {
      generation: generation - this.#base,
      item_id: itemId,
      content_index: contentIndex,
      played_ms: Math.floor(playedMs),
    };
  }
}
