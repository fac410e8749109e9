// @ts-check
/** The drawer with the details of the connection: numbers and kinds of events, no sound, no words. */

import { hasKeyboard } from "./focus.js";
import { say } from "./messages.js";
import { element } from "./view.js";

const REFRESH_MS = 500;
/** Older ones are in the copied report. */
const SHOWN_EVENTS = 60;

/** @typedef {Record<string, any>} Report see phone.js */

/** @param {unknown} value */
function shown(value) {
  return typeof value === "number" ? String(Math.round(value)) : String(value ?? "–");
}

/** The plain facts of a report, under the names that it has when copied. @param {Report} report @returns {[string, string][]} */
export function factsOf(report) {
  return Object.entries(report)
    .filter(([, value]) => typeof value !== "object" || value === null)
    .map(([name, value]) => [name, shown(value)]);
}

/** Latencies as a table: its heads, then a row for each turn. @param {Report[]} latencies */
export function tableOf(latencies) {
  const names = [...new Set(latencies.flatMap((turn) => Object.keys(turn)))];
  const stages = names.filter((name) => !name.endsWith("_id"));
  return {
    heads: [say("debug.turn"), ...stages.map((name) => name.replace(/_ms$/, "").replaceAll("_", " "))],
    rows: latencies.map((turn, index) => [String(index + 1), ...stages.map((name) => shown(turn[name]))]),
  };
}

export class Debug {
  #drawer = element("debug", HTMLElement);
  #facts = element("debug-facts", HTMLElement);
  #turns = element("debug-turns", HTMLTableElement);
  #events = element("debug-events", HTMLElement);
  #empty = element("debug-empty", HTMLElement);
  #reportOf;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {() => Report | null} reportOf of the call, or of the last one */
  constructor(reportOf) {
    this.#reportOf = reportOf;
  }

  /** @param {boolean} open */
  toggle(open) {
    const byKeyboard = !open && hasKeyboard(this.#drawer);
    this.#drawer.hidden = !open;
    if (byKeyboard) element("text-input", HTMLElement).focus();
    clearInterval(this.#timer);
    if (!open) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), REFRESH_MS);
  }

  /** The whole report, to paste into an issue. */
  text() {
    return JSON.stringify({ browser: navigator.userAgent, ...this.#reportOf() }, null, 2);
  }

  #draw() {
    const report = this.#reportOf();
    this.#empty.hidden = report !== null;
    if (!report) return;
    this.#facts.replaceChildren(
      ...factsOf(report).flatMap(([name, value]) => [made("dt", name), made("dd", value)]),
    );
    const { heads, rows } = tableOf(report.latencies ?? []);
    this.#turns.hidden = !rows.length;
    this.#turns.tHead?.rows[0].replaceChildren(...heads.map((head) => made("th", head)));
    this.#turns.tBodies[0].replaceChildren(...rows.map(rowOf));
    const events = (report.events ?? []).slice(-SHOWN_EVENTS).reverse();
    this.#events.replaceChildren(...events.map((/** @type {Report} */ event) => made("li", lineOf(event))));
  }
}

/** @param {string[]} cells */
function rowOf(cells) {
  const row = document.createElement("tr");
  row.append(...cells.map((cell) => made("td", cell)));
  return row;
}

/** @param {Report} event */
function lineOf(event) {
  return Object.values(event)
    .map((value) => shown(value))
    .join("  ");
}

/** @param {string} tag @param {string} text */
function made(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
