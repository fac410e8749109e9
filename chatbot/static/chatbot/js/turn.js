// @ts-check
/** One turn as the page knows it, and how it is read from rows and Realtime items. */

/**
 * @typedef {"speaking" | "transcribing" | "in_progress" | "completed" | "interrupted" | "failed"
 *   | "incomplete" | "sending" | "gone"} TurnStatus
 * @typedef {object} Turn
 * @property {string} itemId
 * @property {string | null} previousItemId
 * @property {"user" | "assistant" | "tool" | "system"} role
 * @property {"audio" | "text"} modality
 * @property {string[]} parts text by content index
 * @property {TurnStatus} status
 * @property {string | null} heardText
 * @property {number | null} heardMs
 * @property {string} error
 * @property {string | null} responseId
 * @property {string | null} startedAt ISO 8601
 * @property {boolean} stored told by the server as a row: never touched again
 */

/** Statuses that no later word of the same item takes back. */
export const SETTLED = new Set(["completed", "interrupted", "failed", "incomplete", "gone"]);

/** @param {Turn} turn */
export const textOf = (turn) => turn.parts.filter(Boolean).join(" ");

/** @param {string} itemId @param {Partial<Turn>} facts @returns {Turn} */
export function newTurn(itemId, facts) {
  return {
    itemId,
    previousItemId: null,
    role: "user",
    modality: "audio",
    parts: [],
    status: "completed",
    heardText: null,
    heardMs: null,
    error: "",
    responseId: null,
    startedAt: null,
    stored: false,
    ...facts,
  };
}

/** @param {any} row a stored turn as the server tells it @returns {Turn} */
export function storedTurn(row) {
  return newTurn(row.item_id, {
    role: row.role,
    modality: row.modality,
    parts: [row.text ?? ""],
    status: row.status,
    heardText: row.heard_text ?? null,
    heardMs: row.heard_ms ?? null,
    error: row.error ?? "",
    startedAt: row.started_at ?? null,
    stored: true,
  });
}

/** @param {string[]} parts @param {number} index @param {string} text */
export function withPart(parts, index, text) {
  const changed = Array.from({ length: Math.max(parts.length, index + 1) }, (_, i) => parts[i] ?? "");
  changed[index] = text;
  return changed;
}

/** @param {any} item @returns {Turn["role"]} */
export function roleOf(item) {
  if (item.type === "function_call") return "tool";
  return item.type === "message" && item.role !== "system" ? item.role : "system";
}

/** @param {any} item @returns {string[]} */
export function partsOf(item) {
  if (item.type === "function_call") return [item.name ?? ""];
  return (item.content ?? []).map(
    (/** @type {any} */ part) => part.text ?? part.transcript ?? "",
  );
}

/** @param {any} item @param {boolean} done @returns {TurnStatus} */
export function statusOf(item, done) {
  const spoken = item.content?.some((/** @type {any} */ part) => part.type === "input_audio");
  if (item.role === "user") return spoken && !partsOf(item).join("") ? "transcribing" : "completed";
  if (item.status === "incomplete") return "interrupted";
  if (item.status === "in_progress") return "in_progress";
  return done || item.role !== "assistant" ? "completed" : "in_progress";
}
