// @ts-check
/** Draws the transcript, touching only what has changed, and follows it until the reader scrolls. */

import { say } from "./messages.js";
import { turnsOf } from "./transcript.js";
import { textOf } from "./turn.js";
import { element } from "./view.js";

/** @typedef {import("./turn.js").Turn} Turn */

/** How close to the end still counts as following it. */
const NEAR_END_PX = 80;
const CLOCK = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  timeStyle: "short",
});

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
  return say("turn.interrupted_after", { seconds: (heardMs / 1000).toFixed(1) });
}

/** An answer cut before its first word says nothing. @param {Turn} turn */
function isWorthShowing(turn) {
  return turn.role === "tool" || turn.status !== "interrupted" || textOf(turn) !== "";
}

export class TranscriptView {
  #list = element("transcript", HTMLElement);
  #scroller = element("transcript-scroller", HTMLElement);
  #template = element("turn-template", HTMLTemplateElement);
  /** @type {Map<string, {turn: Turn, node: HTMLElement}>} */
  #drawn = new Map();
  #following = true;

  constructor() {
    this.#scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      this.#following = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    });
    new ResizeObserver(() => this.#follow()).observe(this.#scroller);
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
  write(node, ".turn-speaker", say(turn.role === "system" ? "speaker.tool" : `speaker.${turn.role}`));
  write(node, ".turn-tool-name", turn.toolName);
  write(node, ".turn-tool-arguments", turn.toolArguments === "{}" ? "" : turn.toolArguments);
  write(node, ".turn-heard", heard && unheard ? `${heard} ` : heard);
  write(node, ".turn-unheard", unheard);
  write(node, ".turn-note", noteOf(turn));
  const time = node.querySelector("time");
  if (time && turn.startedAt) {
    time.dateTime = turn.startedAt;
    time.textContent = CLOCK.format(new Date(turn.startedAt));
  }
}

/** @param {HTMLElement} node @param {string} selector @param {string} text */
function write(node, selector, text) {
  const target = /** @type {HTMLElement} */ (node.querySelector(selector));
  if (target.textContent !== text) target.textContent = text;
  target.hidden = !text;
}
