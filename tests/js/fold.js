/** Folds conversations (JSON on stdin: lists of events) as the page does; prints the kept turns. */

import { readFileSync } from "node:fs";

import { EMPTY, fold, turnsOf } from "../../chatbot/static/chatbot/js/transcript.js";
import { textOf } from "../../chatbot/static/chatbot/js/turn.js";

const SETTLED = ["completed", "interrupted", "incomplete", "failed"];
/** Speech that failed and calls of tools are kept without words, too. */
const isKept = ({ role, status }, text) =>
  SETTLED.includes(status) && (text !== "" || role === "tool" || (role === "user" && status === "failed"));

const conversations = JSON.parse(readFileSync(0, "utf8"));
const kept = conversations.map((events) => {
  const state = events.reduce((transcript, event) => fold(transcript, event), EMPTY);
  return turnsOf(state)
    .map((turn) => [turn, textOf(turn)])
    .filter(([turn, text]) => isKept(turn, text))
    .map(([{ itemId, role, status }, text]) => [itemId, role, status, text]);
});
console.log(JSON.stringify(kept));
