// @ts-check
/**
 * What a screen reader is told without being asked: how the call stands, and written answers.
 * Spoken answers are heard, and hearing, thinking and speaking alternate too fast to be told.
 */

import { say } from "./messages.js";
import { element } from "./view.js";

/** Phases that are told; back to these others after `reconnecting` is told too. */
const TOLD = new Set(["connecting", "reconnecting", "ended"]);

export class Announcer {
  #place = element("announcer", HTMLElement);
  #phase = "idle";

  /** @param {string} phase @param {string} sentence what the status line says */
  phase(phase, sentence) {
    if (sentence === say("state.asking")) return; // the browser asks aloud; what it comes to is told
    const before = this.#phase;
    this.#phase = phase;
    const isBack = before === "connecting" || before === "reconnecting";
    if (phase !== before && phase !== "error" && (TOLD.has(phase) || isBack)) this.say(sentence);
  }

  /** @param {string} sentence */
  say(sentence) {
    if (this.#place.textContent === sentence) this.#place.textContent = "";
    this.#place.textContent = sentence;
  }
}
