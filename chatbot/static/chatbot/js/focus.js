// @ts-check
/** Who works by keyboard is led on when what had the focus goes away; a finger needs no focus. */

/** @param {Element} box @returns {boolean} whether the keys go to something in it */
export function hasKeyboard(box) {
  const focused = document.activeElement;
  return focused !== null && box.contains(focused) && focused.matches(":focus-visible");
}
