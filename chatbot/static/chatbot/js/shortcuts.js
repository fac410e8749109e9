// @ts-check
/** Hands the keys of the page to what they stand for. */

import { commandOf, isActing, isTyping } from "./keys.js";

/** What is open over the page; browsers of 2023 know no popovers, and no name for open ones. */
const OPEN = CSS.supports("selector(:popover-open)") ? "dialog[open], :popover-open" : "dialog[open]";

/**
 * @param {Record<import("./keys.js").Command, (event: KeyboardEvent) => boolean | void>} commands
 *   false: the key was not for this after all
 * @param {() => {shortcuts: boolean, pushToTalk: boolean}} wants
 */
export function listen(commands, wants) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const focused = focusedElement();
    const command = commandOf(event, {
      ...wants(),
      typing: isTyping(focused),
      acting: isActing(focused),
      dialog: document.querySelector(OPEN) !== null,
    });
    if (!command || (event.repeat && command !== "talk")) return;
    if (commands[command](event) !== false) event.preventDefault();
  });
}

/** A dialog that has closed keeps the focus until the page is drawn again. */
function focusedElement() {
  const focused = document.activeElement;
  return focused?.closest("dialog:not([open])") ? null : focused;
}

/**
 * Whoever clicks with a pointer keeps the keyboard for the page: else the space bar, held to talk,
 * would press the button once more.
 * @param {HTMLElement} controls
 */
export function letGoAfterClicks(controls) {
  controls.addEventListener("click", ({ detail, target }) => {
    if (detail > 0 && target instanceof Element) target.closest("button")?.blur();
  });
}
