// @ts-check
/** Cards that ask the user whether the assistant may use a tool. */

import { say } from "./messages.js";
import { element } from "./view.js";

/** @typedef {import("./transport.js").SocketEvent} SocketEvent */

/** How much of an argument is shown. */
const MOST_CHARACTERS = 300;

/** @param {string} json the model's @returns {[string, string][]} names and values to read */
export function argumentsOf(json) {
  /** @param {unknown} value */
  const shown = (value) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  };
  try {
    return Object.entries(JSON.parse(json || "{}")).map(([name, value]) => [name, shown(value)]);
  } catch {
    return [["", shown(json)]];
  }
}

export class Approvals {
  #list = element("approvals", HTMLElement);
  #template = element("approval-template", HTMLTemplateElement);
  /** @type {Map<string, HTMLElement>} by call id */
  #cards = new Map();
  #answer;

  /** @param {(callId: string, approved: boolean) => void} answer what the user decided */
  constructor(answer) {
    this.#answer = answer;
  }

  /** Whether the assistant waits for an answer. */
  get waiting() {
    return this.#cards.size > 0;
  }

  /** @param {SocketEvent} event */
  receive(event) {
    if (event.type === "chat.tool.asked") this.#ask(event);
    if (event.type === "chat.tool.started" || event.type === "chat.tool.finished") {
      this.#remove(event.call_id);
    }
  }

  /** The call has ended: nobody waits for an answer. */
  clear() {
    for (const callId of [...this.#cards.keys()]) this.#remove(callId);
  }

  /** @param {SocketEvent} event */
  #ask({ call_id, title, arguments: json }) {
    if (this.#cards.has(call_id)) return;
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const card = /** @type {HTMLElement} */ (copy.firstElementChild);
    const name = /** @type {HTMLElement} */ (card.querySelector(".approval-title"));
    name.textContent = say("tool.asks", { title });
    name.id = `approval-${call_id}`;
    card.setAttribute("aria-labelledby", name.id);
    card.querySelector(".approval-arguments")?.append(...argumentsOf(json).flatMap(asTerms));
    for (const button of card.querySelectorAll("button")) {
      button.addEventListener("click", () => {
        this.#remove(call_id);
        this.#answer(call_id, button.value === "allow");
      });
    }
    this.#cards.set(call_id, card);
    this.#list.append(card);
  }

  /** @param {string} callId */
  #remove(callId) {
    const card = this.#cards.get(callId);
    const hadFocus = card?.contains(document.activeElement);
    card?.remove();
    this.#cards.delete(callId);
    if (!hadFocus) return;
    const next = this.#list.querySelector("button") ?? document.getElementById("text-input");
    if (next instanceof HTMLElement) next.focus();
  }
}

/** @param {[string, string]} argument */
function asTerms([name, value]) {
  const term = document.createElement("dt");
  const words = document.createElement("dd");
  term.textContent = name.replaceAll("_", " ");
  words.textContent = value;
  return [term, words];
}
