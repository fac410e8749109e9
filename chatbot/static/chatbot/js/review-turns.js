// @ts-check
/** Draws the turns of a call that staff watch, touching only what has changed. */

import { WORDS } from "./review-words.js";
import { turnsOf } from "./transcript.js";
import { textOf } from "./turn.js";

/** @typedef {import("./turn.js").Turn} Turn */

/** How close to the end still counts as following it. */
const NEAR_END_PX = 80;

/** As the transcript beside it has them: the server's times. */
const CLOCK = new Intl.DateTimeFormat("en", {
  timeStyle: "medium",
  hourCycle: "h23",
  timeZone: "UTC",
});

/** @param {Turn} turn */
export function noteOf({ role, status, error, asked, parts }) {
  if (role === "tool" && asked) return WORDS.asked;
  if (role === "tool" && status === "in_progress") return WORDS.tool;
  if (status === "failed") return error || WORDS.failed;
  if (status === "speaking" || status === "interrupted" || status === "incomplete") {
    return WORDS[status];
  }
  const isWordless = (status === "transcribing" || status === "in_progress") && !parts.join("");
  return isWordless ? WORDS[status] : "";
}

export class ReviewTurns {
  #list;
  #template;
  #hidden;
  /** @type {Map<string, {turn: Turn, node: HTMLElement}>} */
  #drawn = new Map();

  /**
   * @param {HTMLElement} list
   * @param {HTMLTemplateElement} template
   * @param {ReadonlySet<string>} hidden items that the page shows elsewhere
   */
  constructor(list, template, hidden) {
    this.#list = list;
    this.#template = template;
    this.#hidden = hidden;
  }

  /** Draw them, and stay at the end where the reader is. @param {import("./transcript.js").Transcript} transcript */
  draw(transcript) {
    const log = /** @type {HTMLElement} */ (this.#list.parentElement);
    const isFollowed = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
    const turns = turnsOf(transcript).filter(({ itemId }) => !this.#hidden.has(itemId));
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
    if (isFollowed) log.scrollTop = log.scrollHeight;
  }

  /** @param {Turn} turn */
  #drawTurn(turn) {
    const drawn = this.#drawn.get(turn.itemId);
    if (drawn?.turn === turn) return drawn.node;
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const node = drawn?.node ?? /** @type {HTMLElement} */ (copy.firstElementChild);
    this.#fill(node, turn);
    this.#drawn.set(turn.itemId, { turn, node });
    return node;
  }

  /** @param {HTMLElement} node @param {Turn} turn */
  #fill(node, turn) {
    const text = textOf(turn).trim();
    const isCut = turn.heardText !== null && text.startsWith(turn.heardText);
    const heard = isCut ? /** @type {string} */ (turn.heardText) : text;
    node.dataset.role = turn.role;
    node.dataset.status = turn.status;
    node.dataset.itemId = turn.itemId;
    put(node, ".live-speaker", this.#template.dataset[turn.role] ?? "");
    put(node, ".live-note", noteOf(turn));
    put(node, ".live-tool code", turn.toolName && `${turn.toolName} ${turn.toolArguments}`);
    put(node, ".live-heard", heard);
    put(node, ".live-unheard", text.slice(heard.length));
    const time = node.querySelector("time");
    if (time && turn.startedAt) {
      time.dateTime = turn.startedAt;
      time.textContent = CLOCK.format(new Date(turn.startedAt));
    }
  }
}

/** @param {HTMLElement} node @param {string} selector @param {string} text */
function put(node, selector, text) {
  const target = /** @type {HTMLElement} */ (node.querySelector(selector));
  if (target.textContent !== text) target.textContent = text;
  target.hidden = !text;
}
