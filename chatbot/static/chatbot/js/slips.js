// @ts-check
/**
 * Presses that nobody means: a second one so soon and so near is the rest of a double click,
 * whatever lies there by now, and a key that is held presses once, wherever the focus goes.
 */

const SOON_MS = 400;
const NEAR_PX = 24;

/**
 * @typedef {{at: number, x: number, y: number, on: unknown}} Press `at` in milliseconds
 */

/** @param {Press | null} before @param {Press} press */
export function isSlip(before, press) {
  if (!before || before.on === press.on || press.at - before.at > SOON_MS) return false;
  return Math.hypot(press.x - before.x, press.y - before.y) <= NEAR_PX;
}

/** Buttons of the page take no such press. */
export function ignoreSlips() {
  /** @type {Press | null} */
  let before = null;
  let isIgnored = false;
  /** @param {Event} event */
  const stop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener(
    "pointerdown",
    (event) => {
      const on = event.target instanceof Element && event.target.closest("button, a, summary");
      if (!on) return;
      const press = { at: event.timeStamp, x: event.clientX, y: event.clientY, on };
      isIgnored = isSlip(before, press);
      before = isIgnored && before ? { ...press, on: before.on } : press;
      if (isIgnored) stop(event);
    },
    { capture: true },
  );
  document.addEventListener(
    "keydown",
    (event) => {
      const isOnKey = event.target instanceof Element && event.target.closest("button, a, summary");
      if (event.repeat && event.key === "Enter" && isOnKey) event.preventDefault();
    },
    { capture: true },
  );
  document.addEventListener(
    "click",
    (event) => {
      if (isIgnored && event.detail > 0) stop(event);
    },
    { capture: true },
  );
}
