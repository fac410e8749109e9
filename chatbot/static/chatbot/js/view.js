// @ts-check
/** Draws the call: words by textContent, facts by data attributes, levels by custom properties. */

import { hasMicrophone, isUnderWay, phaseOf, sentenceOf } from "./call.js";
import { Figure } from "./figure.js";
import { hasKeyboard } from "./focus.js";
import { say } from "./messages.js";

/**
 * @typedef {import("./call.js").CallState} CallState
 * @typedef {import("./playback.js").PlaybackStatus} PlaybackStatus
 * @typedef {{call: CallState, mode: import("./talk.js").Mode, offline: boolean, asked: boolean,
 *   watched: import("./watched.js").Watched["state"]}} Scene asked: for a permission
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

/** @param {string} id */
export const button = (id) => element(id, HTMLButtonElement);

/** @param {Element} target @param {string} text written only when it is new, for screen readers */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Speech lies mostly below -12 dBFS: spread it over the meter. @param {number} level */
function meter(level) {
  return Math.min(1, Math.sqrt(level) * 1.8);
}

/** @type {Record<string, import("./messages.js").MessageKey>} */
const WATCHING = {
  here: "state.watching",
  elsewhere: "state.elsewhere",
  over: "state.watched",
  deleted: "state.deleted",
};

/** The line that says what is going on. @param {Scene} scene */
export function statusOf({ call, offline, watched, asked }) {
  const isWaiting = ["listening", "thinking"].includes(phaseOf(call));
  if (asked && isWaiting && call.sound === "on") return say("state.permission");
  if (isUnderWay(call)) return sentenceOf(call);
  if (offline) return say("state.offline");
  return WATCHING[watched] ? say(WATCHING[watched]) : sentenceOf(call);
}

export class View {
  #screen = element("call", HTMLElement);
  #canvas = element("voice", HTMLCanvasElement);
  #figure = new Figure(this.#canvas);
  #microphone = element("mic-level", HTMLElement);
  #recorded = element("recorded", HTMLElement);
  #status = element("status", HTMLElement);
  #stage = /** @type {HTMLElement} */ (document.querySelector(".stage"));
  #notice = element("notice", HTMLElement);
  #noticeText = element("notice-text", HTMLElement);
  #start = button("start-call");
  #startLabel = element("start-label", HTMLElement);
  #continue = button("continue-here");
  #end = button("end-call");
  #interrupt = button("interrupt");
  #useMicrophone = button("use-microphone");
  #mute = button("mute");
  #mode = button("mode");
  #talk = button("talk");
  #input = element("text-input", HTMLTextAreaElement);

  /** @param {Scene} scene */
  draw(scene) {
    const { call, mode, offline, watched } = scene;
    const phase = phaseOf(call);
    const underWay = isUnderWay(call);
    const focused = document.activeElement;
    const byKeyboard = hasKeyboard(this.#stage);
    const canSpeak = hasMicrophone(call);
    Object.assign(this.#screen.dataset, {
      state: phase,
      mode,
      muted: String(call.muted),
      offline: String(offline),
      watching: String(watched !== "none"),
    });
    write(this.#status, statusOf(scene));
    this.#figure.set(phase, call.muted && underWay);
    const runsElsewhere = watched === "here" || watched === "elsewhere";
    this.#start.hidden = underWay || watched === "here";
    this.#continue.hidden = underWay || !runsElsewhere;
    this.#mode.hidden = !underWay && runsElsewhere;
    this.#end.hidden = this.#interrupt.hidden = !underWay;
    this.#interrupt.disabled = !["speaking", "thinking", "hearing"].includes(phase);
    this.#useMicrophone.hidden = !underWay || canSpeak;
    this.#mute.hidden = !underWay || !canSpeak;
    this.#microphone.hidden = call.microphone !== "on";
    this.#recorded.hidden = !underWay || !call.recorded;
    write(this.#startLabel, say(call.line === "idle" ? "button.start" : "button.again"));
    this.#drawTalk(call, mode === "push-to-talk", underWay);
    const continues = !underWay && watched === "here";
    this.#input.placeholder = say(continues ? "composer.continue" : "composer.message");
    this.#drawNotice(call.notice);
    if (byKeyboard && focused instanceof HTMLElement && focused.hidden) this.#focusNext(focused);
  }

  /**
   * The key that was pressed is gone: the focus goes to the one in its place, else to what the
   * space bar is for now, else to what begins or ends the call.
   * @param {HTMLElement} gone
   */
  #focusNext(gone) {
    const keys = [this.#talk, this.#end, this.#continue, this.#start];
    if (gone === this.#useMicrophone) keys.unshift(this.#mute);
    if (gone === this.#mute) keys.unshift(this.#useMicrophone);
    keys.find(({ hidden, disabled }) => !hidden && !disabled)?.focus();
  }

  /** No call can be made with this browser, not even a written one. */
  block() {
    this.#start.disabled = true;
    this.#screen.dataset.blocked = "true";
    for (const field of element("composer", HTMLFormElement).elements) {
      field.toggleAttribute("disabled", true);
    }
  }

  /** How the last call ended, as a close code, or "" in a call: limits do not look like faults. @param {string} code */
  drawClose(code) {
    this.#screen.dataset.close = code;
  }

  /** @param {number} level root mean square of the last frame */
  drawMicrophoneLevel(level) {
    const shown = meter(level);
    this.#microphone.style.setProperty("--level", shown.toFixed(3));
    this.#microphone.dataset.level = level.toFixed(4);
    this.#microphone.setAttribute("aria-valuenow", String(Math.round(shown * 100)));
    this.#figure.hear("user", shown);
  }

  /** @param {PlaybackStatus} status */
  drawPlayback({ level, playedMs, underRuns }) {
    this.#figure.hear("assistant", meter(level));
    this.#canvas.dataset.outputLevel = level.toFixed(4);
    this.#canvas.dataset.underRuns = String(underRuns);
    if (playedMs !== undefined) this.#canvas.dataset.playedMs = String(Math.floor(playedMs));
  }

  /** @param {CallState} call @param {boolean} pushToTalk @param {boolean} underWay */
  #drawTalk({ muted, talking }, pushToTalk, underWay) {
    this.#mute.setAttribute("aria-pressed", String(muted));
    this.#mode.setAttribute("aria-pressed", String(pushToTalk));
    this.#talk.setAttribute("aria-pressed", String(talking));
    this.#talk.hidden = !underWay || !pushToTalk;
    this.#talk.disabled = muted;
    write(this.#talk, say(muted ? "talk.muted" : talking ? "talk.pressed" : "talk.ready"));
  }

  /** @param {CallState["notice"]} notice */
  #drawNotice(notice) {
    const byKeyboard = !notice && hasKeyboard(this.#notice);
    this.#notice.hidden = notice === null;
    if (byKeyboard) this.#input.focus();
    write(this.#noticeText, notice?.message ?? "");
    for (const link of this.#notice.querySelectorAll("[data-way-out]")) {
      if (link instanceof HTMLElement) link.hidden = link.dataset.wayOut !== notice?.wayOut;
    }
  }
}
