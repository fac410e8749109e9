// @ts-check
/** Turns as text to paste elsewhere. */

import { say } from "./messages.js";
import { textOf } from "./turn.js";

/** @typedef {import("./turn.js").Turn} Turn */

/** What was heard of it, or all of it. @param {Turn} turn */
export function wordsOf(turn) {
  const text = textOf(turn).trim();
  const isCut = turn.heardText !== null && text.startsWith(turn.heardText);
  const words = isCut && turn.heardText !== text ? `${turn.heardText} [${say("turn.interrupted")}]` : text;
  return words.trim() || turn.error;
}

/**
 * @param {readonly Turn[]} turns
 * @param {(at: string) => string} clock
 */
export function asText(turns, clock) {
  return turns
    .filter((turn) => wordsOf(turn))
    .map((turn) => {
      const speaker = turn.toolName || say(turn.role === "user" ? "speaker.user" : "speaker.assistant");
      const at = turn.startedAt ? ` (${clock(turn.startedAt)})` : "";
      return `${speaker}${at}: ${wordsOf(turn)}`;
    })
    .join("\n\n");
}

/** @param {string} text @returns {Promise<boolean>} whether it is in the clipboard */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** For pages that are not secure, which have no clipboard. @param {string} text */
function copyBySelection(text) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
