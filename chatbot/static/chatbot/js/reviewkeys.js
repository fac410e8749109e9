// @ts-check
/** What a key means on the page of a conversation in the admin, and how names are completed. */

/** @typedef {"next" | "previous" | "note"} Step */

/** @type {Record<string, Step>} */
const KEYS = { j: "next", ArrowRight: "next", k: "previous", ArrowLeft: "previous", n: "note" };

/**
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} event
 * @param {boolean} typing the key goes into a field, or moves something that has the focus
 * @returns {Step | null}
 */
export function stepOf({ key, ctrlKey, metaKey, altKey, shiftKey }, typing) {
  if (typing || ctrlKey || metaKey || altKey || shiftKey) return null;
  return KEYS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/**
 * Of a field with several names, what is being typed and what stands before it.
 * @param {string} value
 * @param {boolean} many names with commas between them
 * @returns {{ before: string, begun: string }}
 */
export function beginning(value, many) {
  const comma = many ? value.lastIndexOf(",") : -1;
  const before = value.slice(0, comma + 1).trim();
  return { before: before && `${before} `, begun: value.slice(comma + 1).trim() };
}
