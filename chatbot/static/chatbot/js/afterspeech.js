// @ts-check
/**
 * What was typed after something that was said, both while there was no line: it follows when the
 * speech has been answered and the answer heard, or was no speech.
 */

/** @typedef {import("./transport.js").SocketEvent} SocketEvent */

/** After the last sign of an answer to come. */
const PATIENCE_MS = 8000;

export class AfterSpeech {
  #due;
  #release;
  /** @type {string[] | null} */
  #texts = null;
  #isSpeaking = false;
  #isAnswered = false;
  #isHeard = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("./due.js").Due} due has heard each event before
   * @param {(texts: string[], isAnswered: boolean) => void} release `isAnswered`: what was sent before
   */
  constructor(due, release) {
    this.#due = due;
    this.#release = release;
  }

  /** The speech has been sent. @param {string[]} texts that wait for its answer */
  wait(texts) {
    this.#texts = texts;
    this.#isSpeaking = this.#isAnswered = false;
  }

  /** Nothing waits any more. @returns {string[]} what did */
  take() {
    clearTimeout(this.#timer);
    const texts = this.#texts ?? [];
    this.#texts = null;
    return texts;
  }

  /** @param {SocketEvent} event of the server's */
  receive(event) {
    if (this.#texts === null || !SIGNS.has(event.type)) return;
    if (event.type === "chat.status" && event.state !== "ready") return;
    if (event.type === "input_audio_buffer.speech_started") this.#isSpeaking = true;
    else if (event.type.startsWith("input_audio_buffer.")) this.#isSpeaking = false;
    if (event.type === "response.done") this.#isAnswered = true;
    this.#go();
  }

  /** @param {boolean} isSounding whether an answer is heard */
  sounding(isSounding) {
    this.#isHeard = !isSounding;
    if (this.#texts !== null) this.#go();
  }

  #go() {
    clearTimeout(this.#timer);
    if (this.#isAnswered && this.#isHeard && !this.#isSpeaking && !this.#due.any) this.#end();
    else this.#timer = setTimeout(() => this.#despair(), PATIENCE_MS);
  }

  #despair() {
    if (this.#isHeard && !this.#isSpeaking && !this.#due.isMade) this.#end();
    else this.#go();
  }

  #end() {
    const isAnswered = this.#isAnswered;
    this.#release(this.take(), isAnswered);
  }
}

const SIGNS = new Set([
  "chat.status",
  "input_audio_buffer.speech_started",
  "input_audio_buffer.speech_stopped",
  "input_audio_buffer.committed",
  "input_audio_buffer.cleared",
  "response.created",
  "response.done",
  "chat.tool.finished",
]);
