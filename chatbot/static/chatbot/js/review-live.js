// @ts-check
/** A conversation in the admin: what is said in its call, as it is said. */

import { ReviewTurns } from "./review-turns.js";
import { WORDS } from "./review-words.js";
import { Watch } from "./watch.js";
import { NONE, see } from "./watched.js";

/** @typedef {import("./transport.js").SocketEvent} SocketEvent */

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const section = at("live");
const state = at("live-state");
const reload = at("live-reload");
const end = document.getElementById("live-end");
const conversation = section.dataset.conversation ?? "";
/** The page's own transcript has these, settled. @type {Set<string>} */
const printed = new Set();
const turns = new ReviewTurns(
  at("live-turns"),
  /** @type {HTMLTemplateElement} */ (at("live-turn")),
  printed,
);
let watched = NONE;

const watch = new Watch(
  section.dataset.path ?? "",
  (event) => (event.type === "chat.error" ? fail(event) : show(event)),
  () => conversation,
  () => tell(WORDS.lost),
);

/** @param {SocketEvent} event */
function show(event) {
  const started = event.type === "chat.watch.started" ? event.live : event;
  if (started?.type === "chat.call.started") skipPrinted(started.turns);
  watched = see(watched, event, conversation, new Date().toISOString());
  section.dataset.state = watched.state;
  if (watched.state !== "none") section.hidden = false;
  tell(watched.state === "here" ? WORDS.here : watched.state === "over" ? WORDS.over : "");
  reload.hidden = watched.state !== "over";
  if (end) end.hidden = watched.state !== "here";
  turns.draw(watched.transcript);
}

/** The server has said why it shows no more, or will in a moment. @param {SocketEvent} event */
function fail({ message, fatal }) {
  section.hidden = false;
  if (fatal) section.dataset.state = "over";
  tell(message);
}

/** @param {string} words */
function tell(words) {
  if (state.textContent !== words) state.textContent = words;
}

/**
 * What the page was made with is in its transcript, or on another leaf of it; but for a turn that
 * was going on then, which goes on here.
 * @param {{item_id: string, position: number}[]} stored
 */
function skipPrinted(stored) {
  if (watched !== NONE) return;
  const known = Number(section.dataset.turns);
  for (const { item_id, position } of stored) {
    const there = document.querySelector(`.review-turns [data-item-id="${CSS.escape(item_id)}"]`);
    const wasOpen = there instanceof HTMLElement && there.dataset.status === "in_progress";
    if (wasOpen) there.hidden = true;
    else if (there || position < known) printed.add(item_id);
  }
}

watch.start();
