// @ts-check
/** Draws the transcript, touching only what has changed, and follows it until the reader scrolls. */

import { asText, wordsOf } from "./copying.js";
import { say } from "./messages.js";
import { turnsOf } from "./transcript.js";
import { textOf } from "./turn.js";
import { button, element, write } from "./view.js";

/** @typedef {import("./turn.js").Turn} Turn */

/** How close to the end still counts as following it. */
const NEAR_END_PX = 80;
const LANGUAGE = document.documentElement.lang || undefined;
const CLOCK = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "short" });
const SECONDS = new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** @param {string} at ISO 8601 */
const clock = (at) => CLOCK.format(new Date(at));

/** @param {Turn} turn */
function noteOf({ role, status, error, heardMs, parts, asked }) {
  if (role === "tool" && asked) return say("turn.asked");
  if (role === "tool") return status === "in_progress" ? say("turn.tool") : error;
  if (status === "sending") return say("turn.sending");
  if (status === "speaking") return say("turn.speaking");
  if (status === "transcribing" && !parts.length) return say("turn.transcribing");
  if (status === "in_progress" && !parts.join("")) return say("turn.in_progress");
  if (status === "incomplete") return say("turn.incomplete");
  if (status === "failed") {
    return error || say(role === "user" ? "turn.failed.user" : "turn.failed.assistant");
  }
  if (status !== "interrupted") return "";
  if (heardMs === null) return say("turn.interrupted");
  return say("turn.interrupted_after", { seconds: SECONDS.format(heardMs / 1000) });
}

/** An answer cut before its first word says nothing. @param {Turn} turn */
function isWorthShowing(turn) {
  return turn.role === "tool" || turn.status !== "interrupted" || textOf(turn) !== "";
}

export class TranscriptView {
  #list = element("transcript", HTMLElement);
  #scroller = element("transcript-scroller", HTMLElement);
  #jump = button("jump");
  #template = element("turn-template", HTMLTemplateElement);
  /** @type {Map<string, {turn: Turn, node: HTMLElement}>} */
  #drawn = new Map();
  /** @type {Turn[]} */
  #turns = [];
  #following = true;

  /** @param {(text: string, pressed: HTMLButtonElement, turns: number) => void} copy */
  constructor(copy) {
    this.#scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      this.#following = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      this.#jump.hidden = this.#following;
    });
    new ResizeObserver(() => this.#follow()).observe(this.#scroller);
    this.#jump.addEventListener("click", () => {
      this.follow();
      this.#scroller.focus();
    });
    this.#list.addEventListener("click", ({ target }) => {
      const pressed = target instanceof Element && target.closest("button");
      const itemId = pressed && pressed.closest("li")?.dataset.itemId;
      const turn = this.#turns.find((other) => other.itemId === itemId);
      if (pressed && turn) copy(wordsOf(turn), pressed, 1);
    });
    button("copy-all").addEventListener("click", ({ currentTarget }) => {
      const pressed = /** @type {HTMLButtonElement} */ (currentTarget);
      copy(asText(this.#turns, clock), pressed, this.#turns.length);
    });
  }

  /** @param {import("./transcript.js").Transcript} transcript */
  draw(transcript) {
    const turns = turnsOf(transcript).filter(isWorthShowing);
    const shown = new Set(turns.map(({ itemId }) => itemId));
    for (const [itemId, { node }] of this.#drawn) {
      if (!shown.has(itemId)) {
        node.remove();
        this.#drawn.delete(itemId);
      }
    }
    turns.forEach((turn, index) => {
      const node = this.#drawTurn(turn);
      const there = this.#list.children[index] ?? null;
      if (there !== node) this.#list.insertBefore(node, there);
    });
    this.#turns = turns;
    this.#scroller.dataset.empty = String(turns.length === 0);
    this.#follow();
  }

  /** Go to the end and stay there. */
  follow() {
    this.#following = true;
    this.#follow();
  }

  #follow() {
    if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#jump.hidden = this.#following;
  }

  /** @param {Turn} turn */
  #drawTurn(turn) {
    const drawn = this.#drawn.get(turn.itemId);
    const node = drawn?.node ?? this.#newNode(turn);
    if (drawn?.turn !== turn) {
      fill(node, turn);
      this.#drawn.set(turn.itemId, { turn, node });
    }
    return node;
  }

  /** @param {Turn} turn */
  #newNode({ itemId }) {
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const node = /** @type {HTMLElement} */ (copy.firstElementChild);
    node.dataset.itemId = itemId;
    return node;
  }
}

/** @param {HTMLElement} node a copy of the template @param {Turn} turn */
function fill(node, turn) {
  const text = textOf(turn).trim();
  const heard = turn.heardText !== null && text.startsWith(turn.heardText) ? turn.heardText : text;
  const unheard = text.slice(heard.length).trim();
  node.dataset.role = turn.role;
  node.dataset.status = turn.status;
  put(node, ".turn-speaker", say(turn.role === "system" ? "speaker.tool" : `speaker.${turn.role}`));
  put(node, ".turn-tool-name", turn.toolName);
  put(node, ".turn-tool-arguments", turn.toolArguments === "{}" ? "" : turn.toolArguments);
  put(node, ".turn-heard", heard && unheard ? `${heard} ` : heard);
  put(node, ".turn-unheard", unheard);
  put(node, ".turn-note", noteOf(turn));
  const time = node.querySelector("time");
  if (time && turn.startedAt) {
    time.dateTime = turn.startedAt;
    time.textContent = clock(turn.startedAt);
  }
  const copy = /** @type {HTMLElement} */ (node.querySelector(".turn-copy"));
  copy.hidden = !text;
}

/** @param {HTMLElement} node @param {string} selector @param {string} text */
function put(node, selector, text) {
  const target = /** @type {HTMLElement} */ (node.querySelector(selector));
  write(target, text);
  target.hidden = !text;
}
