// @ts-check
/** What this browser remembers of its user: devices, loudness, ways to talk and to read. */

/**
 * @typedef {object} Remembered
 * @property {number} volume 0..1
 * @property {boolean} echoCancellation
 * @property {boolean} noiseSuppression
 * @property {boolean} autoGainControl
 * @property {import("./talk.js").Mode} mode
 * @property {"small" | "normal" | "large" | "huge"} captions
 * @property {boolean} shortcuts whether keys of one letter do something
 * @property {boolean} debug whether the details of the connection are shown
 */

/** @type {Remembered} */
export const USUAL = {
  volume: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  mode: "hands-free",
  captions: "normal",
  shortcuts: true,
  debug: false,
};

const KEY = "colloquy.settings";

/** @param {Pick<Storage, "getItem"> | null} storage @returns {Remembered} */
export function recall(storage) {
  /** @type {Record<string, unknown>} */
  let kept = {};
  try {
    kept = JSON.parse(storage?.getItem(KEY) ?? "{}") ?? {};
  } catch {
    // Refused or spoilt: the usual.
  }
  const fitting = Object.entries(USUAL).map(([name, usual]) => {
    const value = kept[name];
    return [name, typeof value === typeof usual ? value : usual];
  });
  return Object.fromEntries(fitting);
}

/** @param {Pick<Storage, "setItem"> | null} storage @param {Remembered} settings */
export function remember(storage, settings) {
  try {
    storage?.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Refused: it counts until the page is left.
  }
}

/** The browser's storage, or null where it is refused. */
export function ownStorage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
