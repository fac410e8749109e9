// @ts-check
/** Every sentence the scripts can show, in one place for translation. */

export const MESSAGES = {
  "state.idle": "Ready when you are",
  "state.connecting": "Connecting…",
  "state.listening": "Listening",
  "state.hearing": "Hearing you",
  "state.asking": "Waiting for the microphone…",
  "state.typing": "Connected. Type a message.",
  "state.muted": "You are muted",
  "state.hold": "Hold the button, or the space bar, and speak",
  "state.silenced":
    "The system has taken the microphone, perhaps for a phone call. Type meanwhile.",
  "state.reconnecting": "The connection is lost. Trying again; what you say is kept.",
  "state.kept":
    "This device is offline. What you say or type is kept and sent when the network is back.",
  "state.blocked": "The browser has stopped the sound. Tap anywhere to hear it.",
  "state.thinking": "Thinking…",
  "state.speaking": "Speaking",
  "state.ended": "The call has ended",
  "state.error": "The call failed",
  "state.watching": "A call is running in another tab. You see its captions here.",
  "state.elsewhere": "A call is running in another tab, in another conversation.",
  "state.watched": "The call in the other tab has ended.",

  "button.start": "Start call",
  "button.again": "Call again",

  "speaker.user": "You",
  "speaker.assistant": "Assistant",
  "speaker.tool": "Tool",

  "turn.speaking": "speaking…",
  "turn.transcribing": "writing down what you said…",
  "turn.in_progress": "answering…",
  "turn.sending": "sent as soon as the call is connected",
  "turn.interrupted": "Interrupted",
  "turn.interrupted_after": "Interrupted after {seconds} s",
  "turn.incomplete": "This answer is incomplete.",
  "turn.tool": "working…",
  "turn.asked": "waits for your permission",
  "turn.failed.user": "Your words could not be recognised. Say it again or type it.",
  "turn.failed.assistant": "This answer failed. Ask again.",

  "tool.cut": "Cut off before it could run.",
  "tool.asks": "{title}?",

  "microphone.insecure":
    "The browser gives microphone and sound only to secure pages. Open this page by https, or on this computer by http://localhost. You can type meanwhile.",
  "microphone.unsupported":
    "This browser is too old to use the microphone here. Update it, or type your message.",
  "microphone.denied":
    "The microphone is not allowed. Allow it for this page in the browser's address bar and press “Use microphone”, or type your message.",
  "microphone.missing":
    "No microphone was found. Plug one in and press “Use microphone”, or type your message.",
  "microphone.busy":
    "The microphone is used by another program. Close that program and press “Use microphone”, or type your message.",
  "microphone.failed":
    "The microphone could not be started. Press “Use microphone” to try again, or type your message.",
  "microphone.replaced": "The microphone was disconnected. The call goes on with another one.",
  "microphone.lost":
    "The microphone was disconnected. Plug it in and press “Use microphone”, or type your message.",
  "sound.unsupported":
    "This browser cannot play the voice on this page. You can read the answers; an up-to-date browser on a secure page plays them.",

  "close.1000": "The call has ended.",
  "close.1011": "The server had a problem. Call again; the conversation is kept.",
  "close.1012": "The server is restarting. Call again now; the conversation is kept.",
  "close.1013": "The voice service cannot be reached right now. Call again in a minute.",
  "close.4401": "You are not signed in any more. Sign in to continue.",
  "close.4403": "This page may not open this call. Reload it from its own address, or start a new conversation.",
  "close.4404": "This conversation does not exist any more. Start a new conversation.",
  "close.4408": "The call was ended because nobody spoke for a while. Call again to continue.",
  "close.4409": "The call was taken over by another tab. Call again to take it back.",
  "close.4413": "The page sent too much at once. Reload the page and call again.",
  "close.4429": "You have reached the limit of calls. End another call, or wait and call again.",
  "close.lost": "The connection was lost. Check your network and call again; the conversation is kept.",
  "close.unreachable": "The server cannot be reached. Check your network and call again.",
  "close.offline": "This device is offline. Call again when the network is back.",
  "close.slow": "The connection is too slow for the call. Check your network and call again.",
  "close.wait": "{message} You can call again in {seconds} s.",
};

/** @typedef {keyof typeof MESSAGES} MessageKey */

/**
 * @param {MessageKey} key
 * @param {Record<string, string | number>} [values] for the {placeholders}
 */
export function say(key, values = {}) {
  return MESSAGES[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
