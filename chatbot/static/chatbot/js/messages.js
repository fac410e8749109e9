// @ts-check
/** Every sentence the scripts can show, in one place for translation. */

/** Those of Django's JavaScript catalogue; English without it. @type {any} */
const catalogue = globalThis;
/** @type {(english: string) => string} */
const gettext = catalogue.gettext ?? ((english) => english);
/** @type {(one: string, many: string, count: number) => string} */
const ngettext = catalogue.ngettext ?? ((one, many, count) => (count === 1 ? one : many));

export const MESSAGES = {
  "state.idle": gettext("Ready when you are"),
  "state.connecting": gettext("Connecting…"),
  "state.reconnecting": gettext("The connection is lost. Trying again; what you say is kept."),
  "state.listening": gettext("Listening"),
  "state.hearing": gettext("Hearing you"),
  "state.asking": gettext("Waiting for the microphone…"),
  "state.typing": gettext("Connected. Type a message."),
  "state.muted": gettext("You are muted"),
  "state.hold": gettext("Hold the button, or the space bar, and speak"),
  "state.hold_touched": gettext("Hold the button and speak"),
  "state.permission": gettext("Waiting for your permission"),
  "state.silenced": gettext("The system has taken the microphone, perhaps for a phone call. Type meanwhile."),
  "state.kept": gettext("This device is offline. What you say or type is kept and sent when the network is back."),
  "state.blocked": gettext("The browser has stopped the sound. Tap anywhere to hear it."),
  "state.thinking": gettext("Thinking…"),
  "state.speaking": gettext("Speaking"),
  "state.ended": gettext("The call has ended"),
  "state.error": gettext("The call failed"),
  "state.offline": gettext("This device is offline. What is here can be read; call when the network is back."),
  "state.watching": gettext("A call is running in another tab. You see its captions here."),
  "state.elsewhere": gettext("A call is running in another tab, in another conversation."),
  "state.watched": gettext("The call in the other tab has ended."),
  "state.deleted": gettext("This conversation was deleted. Have it back in History, or start a new one."),

  "button.start": gettext("Start call"),
  "button.again": gettext("Call again"),
  "composer.message": gettext("Type a message"),
  "composer.continue": gettext("Type here to continue the call in this tab"),
  "talk.ready": gettext("Hold to talk"),
  "talk.pressed": gettext("Release to send"),
  "talk.muted": gettext("You are muted"),
  "talk.silent": gettext("Nothing was heard. Hold the button while you speak."),

  "welcome.title": gettext("Talk with {name}"),
  "welcome.hint": gettext("Start a call and speak, or type a message. You can interrupt at any time."),

  "speaker.user": gettext("You"),
  "speaker.assistant": gettext("Assistant"),
  "speaker.tool": gettext("Tool"),

  "turn.speaking": gettext("speaking…"),
  "turn.transcribing": gettext("writing down what you said…"),
  "turn.in_progress": gettext("answering…"),
  "turn.sending": gettext("sent as soon as the call is connected"),
  "turn.interrupted": gettext("Interrupted"),
  "turn.interrupted_after": gettext("Interrupted after {seconds} s"),
  "turn.incomplete": gettext("This answer is incomplete."),
  "turn.tool": gettext("working…"),
  "turn.asked": gettext("waits for your permission"),
  "turn.failed.user": gettext("Your words could not be recognised. Say it again or type it."),
  "turn.failed.assistant": gettext("This answer failed. Ask again."),

  "tool.cut": gettext("Cut off before it could run."),
  "tool.asks": gettext("{title}?"),

  "copy.done": gettext("Copied."),
  "copy.turns": (/** @type {number} */ count) =>
    ngettext("{count} turn copied.", "{count} turns copied.", count),
  "copy.failed": gettext("The browser did not let the page copy. Select the words and copy them."),

  "recent.deleted": gettext("Deleted: “{title}”"),
  "recent.restored": gettext("“{title}” is back."),
  "recent.failed": gettext("That could not be saved. Check the connection and try again."),

  "device.default": gettext("The system's default"),
  "device.microphone": gettext("Microphone {number}"),
  "device.speaker": gettext("Speaker {number}"),
  "device.gone": gettext("“{label}” was unplugged; the system's default is used."),
  "device.back": gettext("“{label}” is back and in use again."),

  "choice.usual": gettext("As usual"),
  "choice.usual_is": gettext("{value} (as usual)"),
  "choice.any": gettext("Automatic"),
  "choice.speed": gettext("{speed} ×"),
  "choice.server_vad": gettext("you pause"),
  "choice.semantic_vad": gettext("what you said is complete"),
  "choice.none": gettext("you release the button"),
  "choice.auto": gettext("Neither soon nor late"),
  "choice.low": gettext("Late: lets you think"),
  "choice.medium": gettext("After a short pause"),
  "choice.high": gettext("At once"),
  "choice.fixed": gettext("A conversation keeps its persona. Begin a new one to change it."),
  "choice.voice": gettext("A new voice is heard from the next call on."),
  "choice.recording": gettext("That could not be saved, so nothing has changed. Try again."),
  "choice.failed": gettext("Your choice could not be saved. It counts for this call only."),

  "debug.turn": gettext("Turn"),

  "browser.socket": gettext(
    "This browser cannot hold a call: it has no WebSocket, or an extension took it away. Update the browser or try another one. Past conversations can be read.",
  ),

  "microphone.insecure": gettext(
    "The browser gives microphone and sound only to secure pages. Open this page by https, or on this computer by http://localhost. You can type meanwhile.",
  ),
  "microphone.unsupported": gettext(
    "This browser is too old to use the microphone here. Update it, or type your message.",
  ),
  "microphone.denied": gettext(
    "The microphone is not allowed. Allow it for this page in the browser's address bar and press “Use microphone”, or type your message.",
  ),
  "microphone.missing": gettext(
    "No microphone was found. Plug one in and press “Use microphone”, or type your message.",
  ),
  "microphone.busy": gettext(
    "The microphone is used by another program. Close that program and press “Use microphone”, or type your message.",
  ),
  "microphone.failed": gettext(
    "The microphone could not be started. Press “Use microphone” to try again, or type your message.",
  ),
  "microphone.replaced": gettext("The microphone was disconnected. The call goes on with another one."),
  "microphone.lost": gettext(
    "The microphone was disconnected. Plug it in and press “Use microphone”, or type your message.",
  ),
  "sound.unsupported": gettext(
    "This browser cannot play the voice on this page. You can read the answers; an up-to-date browser on a secure page plays them.",
  ),

  "close.1000": gettext("The call has ended."),
  "close.1011": gettext("The server had a problem. Call again; the conversation is kept."),
  "close.1012": gettext("The server is restarting. Call again now; the conversation is kept."),
  "close.1013": gettext("The voice service cannot be reached right now. Call again in a minute."),
  "close.4401": gettext("You are not signed in any more. Sign in to continue."),
  "close.4403": gettext(
    "This page may not open this call. Reload it from its own address, or start a new conversation.",
  ),
  "close.4404": gettext("This conversation does not exist any more. Start a new conversation."),
  "close.4408": gettext("The call was ended because nobody spoke for a while. Call again to continue."),
  "close.4409": gettext("The call was taken over by another tab. You can bring it back here."),
  "close.4410": gettext("The people who run this site have ended this call. What was said is kept."),
  "close.4413": gettext("The page sent too much at once. Reload the page and call again."),
  "close.4429": gettext("You have reached the limit of calls. End another call, or wait and call again."),
  "close.lost": gettext(
    "The connection was lost. Check your network and call again; the conversation is kept.",
  ),
  "close.unreachable": gettext("The server cannot be reached. Check your network and call again."),
  "close.offline": gettext("This device is offline. Call again when the network is back."),
  "close.slow": gettext(
    "The connection is too slow for the call. Check your network and call again.",
  ),
  "close.wait": gettext("{message} You can call again in {seconds} s."),
};

// A phone has no space bar.
if (globalThis.matchMedia?.("(hover: none), (pointer: coarse)").matches) {
  MESSAGES["state.hold"] = MESSAGES["state.hold_touched"];
}

/** @typedef {keyof typeof MESSAGES} MessageKey */

/**
 * @param {MessageKey} key
 * @param {Record<string, string | number>} [values] for the {placeholders}; `count` picks a plural
 */
export function say(key, values = {}) {
  const found = MESSAGES[key];
  const words = typeof found === "function" ? found(Number(values.count)) : found;
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
