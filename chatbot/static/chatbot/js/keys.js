// @ts-check
/** What a key means on the chat page. */

/**
 * @typedef {"mute" | "interrupt" | "talk" | "write" | "settings" | "help" | "debug"} Command
 * @typedef {object} Situation
 * @property {boolean} typing the key goes into a field
 * @property {boolean} acting the key would press a button, follow a link, open a list
 * @property {boolean} dialog something is open over the page
 * @property {boolean} shortcuts the user wants keys of one letter
 * @property {boolean} pushToTalk
 */

/** @type {Record<string, Command>} */
const LETTERS = { m: "mute", "/": "write", ",": "settings", "?": "help" };

/**
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} event
 * @param {Situation} situation
 * @returns {Command | null}
 */
export function commandOf({ key, ctrlKey, metaKey, altKey, shiftKey }, situation) {
  if (ctrlKey && shiftKey && key.toLowerCase() === "d") return "debug";
  if (ctrlKey || metaKey || altKey || situation.dialog) return null;
  if (key === "Escape") return "interrupt";
  if (situation.typing) return null;
  if (key === " ") return situation.pushToTalk && !situation.acting ? "talk" : null;
  return situation.shortcuts ? (LETTERS[key.toLowerCase()] ?? null) : null;
}

/** @param {Element | null} element what has the focus */
export function isTyping(element) {
  return Boolean(element?.matches("input, textarea, select, [contenteditable]"));
}

/** @param {Element | null} element what has the focus */
export function isActing(element) {
  return Boolean(element?.matches("button, a[href], summary, [role=switch]"));
}
