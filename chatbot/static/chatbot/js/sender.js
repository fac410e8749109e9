// @ts-check
/** What a call sends: now, and to the next call what this one may not have taken. */

import { AfterSpeech } from "./afterspeech.js";
import { Journal } from "./journal.js";
import { SpeechBuffer } from "./speechbuffer.js";
import { Unsent } from "./unsent.js";

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {Pick<import("./connection.js").Connection, "open" | "sendEvent" | "sendAudio">} Way
 */

export class Sender {
  #way;
  #due;
  #speech = new SpeechBuffer();
  #unsent;
  /** @type {Map<string, number>} typed messages -> the last piece of speech before each */
  #typedAt = new Map();
  #afterSpeech;
  #journal = new Journal();
  /** Whether a session of the upstream listens. */
  #isReady = false;
  #calls = 0;

  /**
   * @param {Way} way
   * @param {string | null} conversation
   * @param {Storage} storage of this tab
   * @param {import("./due.js").Due} due hears what is sent
   */
  constructor(way, conversation, storage, due) {
    this.#way = way;
    this.#due = due;
    this.#afterSpeech = new AfterSpeech(due, (texts, isAnswered) => {
      this.#type(texts);
      if (texts.length || !isAnswered) this.event({ type: "response.create" });
    });
    this.#unsent = new Unsent(storage, conversation);
  }

  /** Typed messages that are not in the conversation yet, oldest first. */
  get unsent() {
    return this.#unsent.texts;
  }

  /** Nothing of it is to be sent any more. @returns {string[]} what was not */
  takeUnsent() {
    this.#afterSpeech.take();
    return this.#unsent.clear();
  }

  /** How many calls have been begun: what was typed before the last of them has been sent to it. */
  get calls() {
    return this.#calls;
  }

  /** @param {SocketEvent} event that counts for this call only */
  event(event) {
    if (!this.#way.open) return;
    this.#journal.event("out", event);
    this.#due.send(event);
    this.#way.sendEvent(event);
  }

  /** @param {ArrayBuffer} pcm @param {boolean} [isLoud] somebody speaks in it */
  speech(pcm, isLoud) {
    this.#speech.push(pcm, isLoud);
    this.#audio(pcm);
  }

  /** The button of push-to-talk is held: all is kept. @param {boolean} isHeld */
  hold(isHeld) {
    this.#speech.hold(isHeld);
  }

  /** @param {SocketEvent} event that stands among the speech */
  mark(event) {
    this.#speech.note(event);
    this.event(event);
  }

  /** Keep a typed message until it is in the conversation. @param {string} text */
  keep(text) {
    this.#unsent.add(text);
    this.#typedAt.set(text, this.#speech.position);
  }

  /** @param {string[]} texts that are kept */
  typed(texts) {
    const all = [...this.#afterSpeech.take(), ...texts];
    this.#type(all);
    if (all.length) this.event({ type: "response.create" });
  }

  /** @param {boolean} isSounding whether an answer is heard */
  sounding(isSounding) {
    this.#afterSpeech.sounding(isSounding);
  }

  /** @param {SocketEvent} event of the server's */
  receive(event) {
    this.#journal.event("in", event);
    this.#speech.receive(event);
    this.#unsent.receive(event);
    this.#afterSpeech.receive(event);
    if (event.type === "chat.status") this.#isReady = event.state === "ready";
  }

  /** @param {ArrayBuffer} pcm */
  heard(pcm) {
    this.#journal.audio("in", pcm);
  }

  /** What was sent until then is with the server. @param {number} at */
  arrived(at) {
    if (this.#isReady) this.#speech.arrived(at);
  }

  lost() {
    this.#isReady = false;
    this.#speech.lost();
    this.#afterSpeech.take();
  }

  /**
   * A server has taken the call: say what the one before has not heard, or not saved.
   * @param {SocketEvent} started
   * @param {SocketEvent[]} first what is to be sent before all else
   */
  begin(started, first) {
    if (this.#calls && started.spoken_ms_ago !== null) this.#speech.savedUntil(started.spoken_ms_ago);
    this.#calls += 1;
    for (const event of first) this.event(event);
    const spokenAt = this.#speech.spokenAt;
    const texts = this.#unsent.texts;
    const wasBefore = (/** @type {string} */ text) => (this.#typedAt.get(text) ?? 0) < (spokenAt ?? 0);
    this.#type(texts.filter(wasBefore));
    for (const piece of this.#speech.take()) {
      if ("pcm" in piece) this.#audio(piece.pcm);
      else this.event(piece.event);
    }
    if (spokenAt === null) this.typed(texts);
    else if (texts.length) this.#afterSpeech.wait(texts.filter((text) => !wasBefore(text)));
  }

  /** Send messages, and ask for no answer yet. @param {string[]} texts */
  #type(texts) {
    for (const text of texts) {
      const content = [{ type: "input_text", text }];
      this.event({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
    }
  }

  /** For the debug drawer. */
  report() {
    return {
      kept_speech_ms: this.#speech.lengthMs,
      dropped_speech_ms: this.#speech.droppedMs,
      events: this.#journal.entries,
    };
  }

  /** @param {ArrayBuffer} pcm */
  #audio(pcm) {
    if (!this.#way.open) return;
    this.#journal.audio("out", pcm);
    this.#way.sendAudio(pcm);
  }
}
