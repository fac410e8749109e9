// @ts-check
/** Wires the chat page together. */

import { Approvals } from "./approvals.js";
import { IDLE, isUnderWay, phaseOf, step } from "./call.js";
import { say } from "./messages.js";
import { Phone } from "./phone.js";
import { EMPTY, fold, withUnsent } from "./transcript.js";
import { TranscriptView } from "./transcriptview.js";
import { element, View } from "./view.js";
import { Watch } from "./watch.js";

/**
 * @typedef {import("./call.js").Signal} Signal
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 */

const screen = element("call", HTMLElement);
const form = element("composer", HTMLFormElement);
const input = element("text-input", HTMLTextAreaElement);
const view = new View();
const transcriptView = new TranscriptView();
const approvals = new Approvals((callId, approved) => phone?.answerTool(callId, approved));

const line = {
  callPath: screen.dataset.callPath ?? "",
  captureWorklet: screen.dataset.captureWorklet ?? "",
  playbackWorklet: screen.dataset.playbackWorklet ?? "",
};
let conversation = screen.dataset.conversation || null;
const persona = screen.dataset.persona || null;

let call = IDLE;
let transcript = fold(EMPTY, {
  type: "chat.call.started",
  turns: JSON.parse(element("turns", HTMLScriptElement).textContent || "[]"),
});
/** What another tab's call looks like while this one is idle. */
let watched = EMPTY;
let watching = "";
/** Whether that call is in the conversation that this page shows, or this page shows none. */
let watchedHere = true;
/** @type {string[]} typed, but not yet in the conversation */
let unsent = [];
/** @type {Phone | null} */
let phone = null;

const watch = new Watch(screen.dataset.captionsPath ?? "", (event) => {
  if (isUnderWay(call)) return;
  watchEvent(event);
  draw();
});

function draw() {
  view.drawCall(call, watching);
  const shown = watching && watchedHere && !isUnderWay(call) ? watched : transcript;
  transcriptView.draw(withUnsent(shown, unsent));
}

/** @param {SocketEvent} event of a call in another tab */
function watchEvent(event) {
  if (event.type === "chat.call.ended") {
    watching = watching && watchedHere ? say("state.watched") : "";
    watched = fold(watched, event);
    return;
  }
  const live = event.type === "chat.watch.started" ? event.live : event;
  if (event.type === "chat.watch.started" || event.type === "chat.call.started") {
    watchedHere = !conversation || live?.conversation.id === conversation;
    watching = live ? say(watchedHere ? "state.watching" : "state.elsewhere") : "";
    watched = live ? fold(EMPTY, { ...live, type: "chat.call.started" }) : EMPTY;
    return;
  }
  watched = fold(watched, event, new Date().toISOString());
}

/** @param {Signal} signal of our own call */
function receive(signal) {
  call = step(call, signal);
  if (signal.type === "event") receiveEvent(signal.event);
  if (signal.type === "closed") endCall();
  draw();
}

/** @param {SocketEvent} event */
function receiveEvent(event) {
  const isNew = !transcript.some(({ itemId }) => itemId === event.item?.id);
  const isTyped = event.item?.content?.some(
    (/** @type {any} */ part) => part.type === "input_text",
  );
  if (event.type === "conversation.item.added" && isNew && isTyped) unsent = unsent.slice(1);
  transcript = fold(transcript, event, new Date().toISOString());
  approvals.receive(event);
  if (event.type === "chat.call.started") {
    conversation = event.conversation.id;
    history.replaceState(null, "", `?conversation=${conversation}`);
  }
}

function endCall() {
  phone = null;
  approvals.clear();
  input.value = [...unsent, input.value].filter(Boolean).join("\n");
  unsent = [];
  transcript = fold(transcript, { type: "chat.call.ended" });
  watch.start();
}

/** @param {boolean} microphone */
function startCall(microphone) {
  watch.stop();
  watching = "";
  const wishes = { conversation, persona, microphone };
  phone = new Phone(line, wishes, {
    signal: receive,
    microphoneLevel: (level) => view.drawMicrophoneLevel(level),
    playback: (status) => view.drawPlayback(status),
  });
}

function sendText() {
  const text = input.value.trim();
  if (!text) return;
  if (!phone) startCall(false);
  unsent.push(text);
  input.value = "";
  void phone?.type(text);
  transcriptView.follow();
  draw();
}

element("start-call", HTMLButtonElement).addEventListener("click", () => startCall(true));
element("end-call", HTMLButtonElement).addEventListener("click", () => void phone?.hangUp());
element("interrupt", HTMLButtonElement).addEventListener("click", () => void phone?.interrupt());
element("use-microphone", HTMLButtonElement).addEventListener("click", () => {
  void phone?.openMicrophone();
});
element("notice-close", HTMLButtonElement).addEventListener("click", () => {
  receive({ type: "dismiss" });
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  sendText();
});
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendText();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !["speaking", "thinking"].includes(phaseOf(call))) return;
  event.preventDefault();
  void phone?.interrupt();
});

draw();
watch.start();
