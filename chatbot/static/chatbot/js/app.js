// @ts-check
/** Wires the chat page together. */

import { Announcer } from "./announcer.js";
import { Approvals } from "./approvals.js";
import { hasMicrophone, IDLE, isUnderWay, phaseOf, step } from "./call.js";
import { Choosing } from "./choosing.js";
import { Conversations } from "./conversations.js";
import { copy } from "./copying.js";
import { Debug } from "./debug.js";
import { say } from "./messages.js";
import { obstacleOf } from "./obstacles.js";
import { Phone } from "./phone.js";
import { prepareSound } from "./readysound.js";
import { letGoAfterClicks, listen } from "./shortcuts.js";
import { ignoreSlips } from "./slips.js";
import { TalkButton } from "./talkbutton.js";
import { EMPTY, fold, withUnsent } from "./transcript.js";
import { TranscriptView } from "./transcriptview.js";
import { isUnsent } from "./unsent.js";
import { button, element, statusOf, View } from "./view.js";
import { Watch } from "./watch.js";
import { goneBy, NONE, see } from "./watched.js";

/**
 * @typedef {import("./call.js").Signal} Signal
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 */

/** Close codes: nobody spoke; the conversation is not there any more. */
const SILENT = 4408;
const GONE = 4404;
/** As the page shows it. */
const TAKEN_OVER = "4409";

const screen = element("call", HTMLElement);
const input = element("text-input", HTMLTextAreaElement);
const shortcutSheet = element("shortcuts", HTMLDialogElement);
const view = new View();
const announcer = new Announcer();
const transcriptView = new TranscriptView(copyFrom);
const approvals = new Approvals((callId, approved) => {
  phone?.answerTool(callId, approved);
  receive({ type: "asked" });
});
const conversations = new Conversations(leaveConversation);

const line = {
  callPath: screen.dataset.callPath ?? "",
  captureWorklet: screen.dataset.captureWorklet ?? "",
  playbackWorklet: screen.dataset.playbackWorklet ?? "",
};
let conversation = screen.dataset.conversation || null;
let call = IDLE;
const stored = JSON.parse(element("turns", HTMLScriptElement).textContent || "[]");
let transcript = fold(EMPTY, { type: "chat.call.started", turns: stored });
/** What another tab's call looks like while this one is idle. */
let watched = NONE;
/** @type {Phone | null} */
let phone = null;
/** Of the last call, once it has ended. @type {ReturnType<Phone["report"]> | null} */
let lastReport = null;
/** The last call failed for want of a network. */
let failedOffline = false;
/** The call still hangs up, and its conversation is gone from this page. */
let isLeaving = false;

const debug = new Debug(() => phone?.report() ?? lastReport);
const choosing = new Choosing(
  () => ({ phone, call, conversation }),
  (remembered) => {
    debug.toggle(remembered.debug);
    draw();
  },
  (message) => receive({ type: "notice", message }),
);
const talkButton = new TalkButton(button("talk"), (pressed) => phone?.talk(pressed));
const watch = new Watch(screen.dataset.captionsPath ?? "", (event) => {
  if (isUnderWay(call)) return;
  // The page may be older than the end of the call that it was loaded in.
  if (event.type === "chat.watch.started" && event.turns) {
    transcript = fold(transcript, { ...event, type: "chat.call.ended" });
  }
  const gone = goneBy(event, watched);
  const seen = see(watched, event, conversation, new Date().toISOString());
  if (gone) conversations.deleted(gone);
  if (gone && gone === conversation) showNone();
  watched = seen;
  const isStale = watched.state === "over" && screen.dataset.close === TAKEN_OVER;
  if (isStale) call = step(call, { type: "dismiss" });
  draw();
}, () => conversation);

function draw() {
  const mode = isUnderWay(call) ? call.mode : choosing.remembered.mode;
  const asked = isUnderWay(call) && approvals.waiting;
  const scene = { call, mode, asked, offline: !navigator.onLine, watched: watched.state };
  view.draw(scene);
  const isWatched = !isUnderWay(call) && (watched.state === "here" || watched.state === "over");
  transcriptView.draw(withUnsent(isWatched ? watched.transcript : transcript, phone?.unsent ?? []));
  announcer.phase(phaseOf(call), statusOf(scene));
}

/** @param {Signal} signal of our own call */
function receive(signal) {
  call = step(call, signal);
  if (signal.type === "event" && !isLeaving) receiveEvent(signal.event);
  if (signal.type === "microphone" && signal.state === "on") choosing.devices.refresh();
  if (signal.type === "closed") {
    endCall(signal.closing.code);
    if (signal.closing.code === SILENT) call = { ...call, line: "ended" };
    if (isLeaving) showNone();
    else if (signal.closing.code === GONE && conversation) showGone(conversation);
  }
  draw();
}

/** @param {SocketEvent} event */
function receiveEvent(event) {
  transcript = fold(transcript, event, new Date().toISOString());
  approvals.receive(event);
  if (event.type === "response.output_text.done") announcer.say(event.text);
  if (event.type === "chat.turn.saved" && conversation) {
    const turn = transcript.find(({ itemId }) => itemId === event.item_id);
    if (turn?.role === "user") conversations.nameIfNew(conversation, turn.parts.join(" "));
  }
  if (event.type === "chat.call.started") {
    conversation = event.conversation.id;
    history.replaceState(null, "", `?conversation=${conversation}`);
    conversations.begin(event.conversation.id, event.conversation.title);
    choosing.draw();
  }
}

/** @param {number} code */
function endCall(code) {
  const unsent = phone?.takeUnsent() ?? [];
  lastReport = phone?.report() ?? null;
  phone = null;
  failedOffline = code !== 1000 && !navigator.onLine;
  approvals.clear();
  input.value = [...unsent, input.value].filter(Boolean).join("\n");
  transcript = fold(transcript, { type: "chat.call.ended" });
  view.drawClose(String(code));
  choosing.draw();
  prepare();
  watch.start();
}

/** The conversation of this page is deleted. */
function leaveConversation() {
  isLeaving = phone !== null;
  showNone();
  void phone?.hangUp();
}

/** Deleted in another tab, or in the history. @param {string} id */
function showGone(id) {
  const { notice } = call;
  conversations.deleted(id);
  showNone();
  call = { ...IDLE, line: "ended", notice };
}

/** As on a new page: no conversation, and no call before. */
function showNone() {
  conversation = null;
  transcript = EMPTY;
  watched = NONE;
  history.replaceState(null, "", location.pathname);
  if (!phone) {
    isLeaving = false;
    call = IDLE;
    view.drawClose("");
  }
  choosing.draw();
  draw();
}

function prepare() {
  void prepareSound([line.captureWorklet, line.playbackWorklet]);
}

/** @param {boolean} microphone */
function startCall(microphone) {
  watch.stop();
  watched = NONE;
  view.drawClose("");
  const { volume, mode } = choosing.remembered;
  const { persona, processing } = choosing;
  const devices = choosing.devices.used;
  const wishes = { conversation, persona, microphone, devices, processing, volume, mode };
  phone = new Phone(line, wishes, {
    signal: receive,
    microphoneLevel: (level) => view.drawMicrophoneLevel(level),
    playback: (status) => view.drawPlayback(status),
  });
  choosing.draw();
}

/** Take the call of another tab over. @param {boolean} [microphone] */
function continueHere(microphone = true) {
  if (watched.conversation !== conversation) transcript = EMPTY;
  conversation = watched.conversation;
  startCall(microphone);
}

function sendText() {
  const text = input.value.trim();
  if (!text) return;
  if (!phone && watched.state === "here") continueHere(false);
  else if (!phone) startCall(false);
  input.value = "";
  void phone?.type(text);
  transcriptView.follow();
  draw();
}

/** @param {string} text @param {HTMLButtonElement} pressed @param {number} [count] of turns */
async function copyFrom(text, pressed, count) {
  const done = await copy(text);
  const sentence = count ? say("copy.turns", { count }) : say("copy.done");
  announcer.say(done ? sentence : say("copy.failed"));
  const use = pressed.querySelector("use");
  use?.setAttribute("href", done ? "#icon-done" : "#icon-copy");
  setTimeout(() => use?.setAttribute("href", "#icon-copy"), 2000);
}

function canInterrupt() {
  return ["speaking", "thinking", "hearing"].includes(phaseOf(call));
}

/** @param {HTMLButtonElement} pressed @param {() => void} act */
function on(pressed, act) {
  pressed.addEventListener("click", act);
}

function switchMode() {
  const mode = (isUnderWay(call) ? call.mode : choosing.remembered.mode) === "hands-free";
  choosing.keep({ mode: mode ? "push-to-talk" : "hands-free" });
  phone?.setMode(choosing.remembered.mode);
}

const toggleDebug = () => choosing.keep({ debug: !choosing.remembered.debug });
const showShortcuts = () => shortcutSheet.showModal();

on(button("start-call"), () => startCall(true));
on(button("continue-here"), () => continueHere());
on(button("end-call"), () => void phone?.hangUp());
on(button("interrupt"), () => void phone?.interrupt());
on(button("use-microphone"), () => void phone?.openMicrophone());
on(button("mute"), () => phone?.mute(!call.muted));
on(button("mode"), switchMode);
on(button("notice-close"), () => receive({ type: "dismiss" }));
on(button("open-settings"), () => choosing.open());
on(button("open-shortcuts"), () => {
  choosing.close();
  showShortcuts();
});
on(button("close-debug"), toggleDebug);
on(button("copy-report"), () => void copyFrom(debug.text(), button("copy-report")));
ignoreSlips();
letGoAfterClicks(/** @type {HTMLElement} */ (document.querySelector(".stage")));

listen(
  {
    talk: () => talkButton.press(),
    mute: () => (phone && hasMicrophone(call) ? phone.mute(!call.muted) : false),
    interrupt: () => (canInterrupt() ? void phone?.interrupt() : false),
    write: () => input.focus(),
    settings: () => choosing.open(),
    help: showShortcuts,
    debug: toggleDebug,
  },
  () => ({
    shortcuts: choosing.remembered.shortcuts,
    pushToTalk: isUnderWay(call) && call.mode === "push-to-talk",
  }),
);

element("composer", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  sendText();
});
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendText();
});
window.addEventListener("offline", draw);
window.addEventListener("online", () => {
  if (failedOffline && !phone) {
    call = IDLE;
    view.drawClose("");
  }
  draw();
});

debug.toggle(choosing.remembered.debug);
const obstacle = obstacleOf(window);
if (obstacle) receive({ type: "notice", message: say(obstacle) });
draw();
if (obstacle === "browser.socket") view.block();
else if (isUnsent(sessionStorage, conversation, stored)) startCall(false);
else watch.start();
if (!obstacle && !phone) prepare();
document.documentElement.dataset.started = "true";
