// @ts-check
/** Draws the call: words by textContent, facts by data attributes, levels by custom properties. */

import { isUnderWay, phaseOf, statusOf } from "./call.js";
import { say } from "./messages.js";

/**
 * @typedef {import("./call.js").CallState} CallState
 * @typedef {import("./playback.js").PlaybackStatus} PlaybackStatus
 */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}.`);
  return found;
}

/** Speech lies mostly below -12 dBFS: spread it over the meter. @param {number} level */
function meter(level) {
  return Math.min(1, Math.sqrt(level) * 1.8).toFixed(3);
}

export class View {
  #screen = element("call", HTMLElement);
  #figure = element("voice", HTMLElement);
  #microphone = element("mic-level", HTMLElement);
  #status = element("status", HTMLElement);
  #notice = element("notice", HTMLElement);
  #noticeText = element("notice-text", HTMLElement);
  #start = element("start-call", HTMLButtonElement);
  #startLabel = element("start-label", HTMLElement);
  #end = element("end-call", HTMLButtonElement);
  #interrupt = element("interrupt", HTMLButtonElement);
  #useMicrophone = element("use-microphone", HTMLButtonElement);

  /**
   * @param {CallState} state
   * @param {string} watching a line about a call in another tab, or ""
   */
  drawCall(state, watching) {
    const phase = phaseOf(state);
    const underWay = isUnderWay(state);
    this.#screen.dataset.state = phase;
    this.#screen.dataset.watching = String(Boolean(watching));
    const status = watching && !underWay ? watching : statusOf(state);
    if (this.#status.textContent !== status) this.#status.textContent = status;
    this.#start.hidden = underWay;
    this.#end.hidden = !underWay;
    this.#startLabel.textContent = say(state.line === "idle" ? "button.start" : "button.again");
    this.#interrupt.hidden = phase !== "speaking" && phase !== "thinking";
    this.#useMicrophone.hidden = !underWay || state.microphone !== "off";
    this.#microphone.hidden = state.microphone !== "on";
    this.#drawNotice(state.notice);
  }

  /** @param {number} level root mean square of the last frame */
  drawMicrophoneLevel(level) {
    const shown = meter(level);
    this.#microphone.style.setProperty("--level", shown);
    this.#microphone.dataset.level = level.toFixed(4);
    this.#microphone.setAttribute("aria-valuenow", String(Math.round(Number(shown) * 100)));
    this.#figure.style.setProperty("--user-level", shown);
  }

  /** @param {PlaybackStatus} status */
  drawPlayback({ level, playedMs, underRuns }) {
    this.#figure.style.setProperty("--assistant-level", meter(level));
    this.#figure.dataset.outputLevel = level.toFixed(4);
    this.#figure.dataset.underRuns = String(underRuns);
    if (playedMs !== undefined) this.#figure.dataset.playedMs = String(Math.floor(playedMs));
  }

  /** @param {CallState["notice"]} notice */
  #drawNotice(notice) {
    this.#notice.hidden = notice === null;
    if (this.#noticeText.textContent !== (notice?.message ?? "")) {
      this.#noticeText.textContent = notice?.message ?? "";
    }
    for (const link of this.#notice.querySelectorAll("[data-way-out]")) {
      if (link instanceof HTMLElement) link.hidden = link.dataset.wayOut !== notice?.wayOut;
    }
  }
}
