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
 * @property {string} toolName
 * @property {string} toolArguments as JSON
 * @property {boolean} asked a tool that waits for the user's leave
 * @property {string | null} callId what a tool's output names it by
 * @property {string | null} startedAt ISO 8601
 * @property {boolean} deleted not in the conversation any more, though it may be shown
 * @property {boolean} stored told by the server as a settled row: never touched again
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
    toolName: "",
    toolArguments: "",
    callId: null,
    asked: false,
    startedAt: null,
    deleted: false,
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
    toolName: row.tool_name ?? "",
    toolArguments: row.tool_arguments ?? "",
    startedAt: row.started_at ?? null,
    stored: row.status !== "in_progress",
  });
}

/** @param {string[]} parts @param {number} index @param {string} text */
export function withPart(parts, index, text) {
  const changed = Array.from({ length: Math.max(parts.length, index + 1) }, (_, i) => parts[i] ?? "");
  changed[index] = text;
  return changed;
}

/** @param {any} item */
const isTool = ({ type }) => ["function_call", "mcp_call", "mcp_approval_request"].includes(type);

/** @param {any} item @returns {Turn["role"]} */
export function roleOf(item) {
  if (isTool(item)) return "tool";
  return item.type === "message" && item.role !== "system" ? item.role : "system";
}

/** @param {any} item @returns {string[]} */
export function partsOf(item) {
  if (item.type === "mcp_call" && !item.error) return item.output ? [item.output] : [];
  return (item.content ?? []).map(
    (/** @type {any} */ part) => part.text ?? part.transcript ?? "",
  );
}

/** @param {any} item @param {boolean} done @returns {TurnStatus} */
export function statusOf(item, done) {
  if (isTool(item)) return toolStatusOf(item, done);
  const spoken = item.content?.some((/** @type {any} */ part) => part.type === "input_audio");
  if (item.role === "user") return spoken && !partsOf(item).join("") ? "transcribing" : "completed";
  if (item.status === "incomplete") return "interrupted";
  if (item.status === "in_progress") return "in_progress";
  return done || item.role !== "assistant" ? "completed" : "in_progress";
}

/** What a tool came to is told later, but for an MCP server's. @param {any} item @param {boolean} done @returns {TurnStatus} */
function toolStatusOf({ type, error, output }, done) {
  if (type !== "mcp_call" || !done) return "in_progress";
  if (error) return "failed";
  return output === null || output === undefined ? "in_progress" : "completed";
}

/** What a turn knows of the tool that it is. @param {any} item @param {Turn} turn @returns {Partial<Turn>} */
export function toolOf(item, turn) {
  if (!isTool(item)) return {};
  const name = item.server_label ? `${item.server_label}: ${item.name}` : item.name;
  return {
    toolName: name ?? turn.toolName,
    toolArguments: item.arguments || turn.toolArguments,
    callId: item.call_id ?? turn.callId,
    error: item.error ? item.error.message || "The tool failed." : turn.error,
  };
}
