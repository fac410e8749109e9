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
  /** Sound has come that the loudspeaker has not begun to play. */
  #isSoundDue = false;
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
    this.#isSpeaking = this.#isAnswered = this.#isSoundDue = false;
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
    if (event.type === "chat.audio") this.#isSoundDue = this.#isHeard;
    if (event.type === "chat.interrupted") this.#isSoundDue = false;
    if (event.type === "response.done") this.#isAnswered = true;
    this.#go();
  }

  /** @param {boolean} isSounding whether an answer is heard */
  sounding(isSounding) {
    if (this.#isHeard !== isSounding) return;
    this.#isHeard = !isSounding;
    this.#isSoundDue = false;
    if (this.#texts !== null) this.#go();
  }

  #go() {
    clearTimeout(this.#timer);
    const isSilent = this.#isHeard && !this.#isSoundDue && !this.#isSpeaking;
    if (this.#isAnswered && isSilent && !this.#due.any) this.#end();
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
  "chat.audio",
  "chat.interrupted",
  "chat.status",
  "input_audio_buffer.speech_started",
  "input_audio_buffer.speech_stopped",
  "input_audio_buffer.committed",
  "input_audio_buffer.cleared",
  "response.created",
  "response.done",
  "chat.tool.finished",
]);
