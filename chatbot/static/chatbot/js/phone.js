// @ts-check
/** One call as it runs: connection, microphone and loudspeaker held together. */

import { Awake } from "./awake.js";
import { Connection } from "./connection.js";
import { Due } from "./due.js";
import { Latencies } from "./latencies.js";
import { Loudspeaker } from "./loudspeaker.js";
import { say } from "./messages.js";
import { Microphone } from "./microphone.js";
import { takeSound } from "./readysound.js";
import { Sender } from "./sender.js";
import { merged, TalkMode } from "./session.js";
import { Sound } from "./sound.js";
import { Talk } from "./talk.js";
import { socketUrl } from "./transport.js";

/**
 * @typedef {import("./call.js").Signal} Signal
 * @typedef {import("./microphone.js").Processing} Processing
 * @typedef {import("./playback.js").PlaybackStatus} PlaybackStatus
 * @typedef {import("./talk.js").Mode} Mode
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 *
 * @typedef {object} Line where to call
 * @property {string} callPath
 * @property {string} captureWorklet
 * @property {string} playbackWorklet
 *
 * @typedef {object} Wishes
 * @property {string | null} conversation
 * @property {string | null} persona
 * @property {boolean} microphone whether to open it now
 * @property {{microphone?: string, speaker?: string}} [devices] ids; "" is the system's default
 * @property {Processing} [processing] of the microphone's sound; each is on unless told
 * @property {number} [volume] 0..1
 * @property {Record<string, any>} [session] what to change of the persona's session
 * @property {Mode} [mode]
 *
 * @typedef {object} Handlers
 * @property {(signal: Signal) => void} signal
 * @property {(level: number) => void} microphoneLevel 0 while nothing of it is sent
 * @property {(status: PlaybackStatus) => void} playback
 */

const HANGUP_TIMEOUT_MS = 2000;
/** The answer had ended by itself when it was to be stopped: no news for anybody. */
const NOTHING_TO_STOP = "response_cancel_not_active";
/** @type {PlaybackStatus} */
const SILENCE = { active: false, queuedMs: 0, underRuns: 0, level: 0 };

export class Phone {
  #line;
  #wishes;
  #handlers;
  #context = takeSound();
  #sound;
  #awake = new Awake();
  #connection;
  #loudspeaker;
  #microphone;
  #talk;
  #mode = new TalkMode();
  #sender;
  #latencies = new Latencies();
  #due = new Due();
  /** @type {PlaybackStatus} */
  #played = SILENCE;
  /** @type {Record<string, any>} what was changed of the session, for the next call as well */
  #session;
  /** @type {string | null} the call that runs, or ran last */
  #callId = null;
  #conversation;
  #ended = false;
  #leaving = new AbortController();

  /**
   * Call at once; to be made in the handler of a tap or a key, which lets sound be played.
   * @param {Line} line
   * @param {Wishes} wishes
   * @param {Handlers} handlers
   */
  constructor(line, wishes, handlers) {
    this.#line = line;
    this.#wishes = wishes;
    this.#handlers = handlers;
    this.#conversation = wishes.conversation;
    this.#session = wishes.session ?? {};
    this.#talk = new Talk(wishes.mode);
    this.#sound = new Sound(this.#context, (isBlocked) =>
      handlers.signal({ type: "sound", state: isBlocked ? "blocked" : "on" }),
    );
    this.#loudspeaker = new Loudspeaker({
      status: (status) => this.#playing(status),
      report: (event) => this.#sender.event(event),
    });
    this.#microphone = new Microphone(
      this.#context,
      line.captureWorklet,
      {
        frame: (pcm, level) => this.#speak(pcm, level),
        state: (state, notice) => this.#microphoneIs(state, notice),
        silenced: (silenced) => handlers.signal({ type: "silenced", silenced }),
      },
      {
        device: wishes.devices?.microphone,
        processing: wishes.processing,
        reference: () => this.#loudspeaker.output,
      },
    );
    this.#connection = new Connection(() => this.#url(), {
      event: (event) => this.#receive(event),
      audio: (pcm) => this.#hear(pcm),
      arrived: (at) => this.#sender.arrived(at),
      lost: (isOnline) => this.#lost(isOnline),
      closed: (closing) => this.#end({ type: "closed", closing }),
    });
    this.#sender = new Sender(this.#connection, wishes.conversation, sessionStorage, this.#due);
    const { signal } = this.#leaving;
    window.addEventListener("pagehide", ({ persisted }) => this.#leave(persisted), { signal });
    handlers.signal({ type: "dial", mode: wishes.mode });
    void this.#loadPlayback();
    if (wishes.microphone) void this.openMicrophone();
  }

  /** Typed messages that are not in the conversation yet, oldest first. */
  get unsent() {
    return this.#sender.unsent;
  }

  /** Nothing of it is to be sent any more. @returns {string[]} what was not */
  takeUnsent() {
    return this.#sender.takeUnsent();
  }

  async openMicrophone() {
    this.#sound.wake();
    await this.#microphone.open();
  }

  /** @param {string} text */
  async type(text) {
    const { calls } = this.#sender;
    this.#sender.keep(text);
    this.#handlers.signal({ type: "asked" });
    if (this.#loudspeaker.active) await this.interrupt();
    if (calls !== this.#sender.calls) return; // it was sent when that call began
    this.#sender.typed([text]);
    this.#handlers.signal({ type: "asked" });
  }

  /** Silence the answer and tell the server how much of it was heard. */
  async interrupt() {
    const cut = await this.#loudspeaker.cut();
    if (cut) this.#sender.event({ type: "chat.interrupt", ...cut });
    else if (this.#due.any) this.#sender.event({ type: "response.cancel" });
    this.#handlers.signal({ type: "stopped" });
    this.#silent();
  }

  /** Whether the assistant may do what it asked for. @param {string} callId @param {boolean} approved */
  answerTool(callId, approved) {
    this.#sender.event({ type: "chat.tool.answer", call_id: callId, approved });
  }

  /** Send silence in the place of speech; the microphone stays open. @param {boolean} muted */
  mute(muted) {
    this.#talk.muted = muted;
    this.#handlers.signal({ type: "muted", muted });
  }

  /** @param {Mode} mode */
  setMode(mode) {
    if (mode === this.#talk.mode) return;
    this.#applyMode(mode);
    this.#sender.event(this.#mode.change(mode));
  }

  /** The button of push-to-talk is held, or let go. @param {boolean} pressed */
  talk(pressed) {
    if (pressed) this.#press();
    else void this.#release();
  }

  /** Change the session, within what the persona leaves to the user. @param {Record<string, any>} session */
  update(session) {
    this.#session = merged(this.#session, session);
    this.#sender.event(asUpdate(session));
  }

  /** @param {number} volume 0..1 */
  setVolume(volume) {
    this.#loudspeaker.setVolume(volume);
  }

  /** @param {string} id @returns {Promise<boolean>} whether it plays there */
  async setSpeaker(id) {
    const isThere = await this.#loudspeaker.setSpeaker(id);
    this.#microphone.echoPathChanged();
    return isThere;
  }

  /** @param {string} id */
  async setMicrophone(id) {
    await this.#microphone.choose(id);
  }

  /** @param {Processing} processing */
  async setProcessing(processing) {
    await this.#microphone.setProcessing(processing);
  }

  /** What a report of a problem should hold: no words, no sound. */
  report() {
    const { state, reconnects } = this.#connection;
    const { queuedMs, cushionMs, underRuns } = this.#played;
    return {
      socket: state,
      call_id: this.#callId,
      conversation: this.#conversation,
      reconnects,
      mode: this.#talk.mode,
      muted: this.#talk.muted,
      sound: this.#context.state,
      sample_rate_hz: this.#context.sampleRate,
      echo: this.#microphone.echo,
      under_runs: underRuns,
      queued_ms: Math.round(queuedMs),
      cushion_ms: cushionMs ?? null,
      latencies: this.#latencies.answered,
      ...this.#sender.report(),
    };
  }

  async hangUp() {
    const closing = { code: 1000, message: "", wayOut: /** @type {const} */ ("again") };
    if (!this.#connection.open) {
      this.#end({ type: "closed", closing });
      return;
    }
    await this.#microphone.close();
    const cut = await this.#loudspeaker.cut();
    if (cut) this.#sender.event({ type: "chat.playback", ...cut, state: "interrupted" });
    this.#sender.event({ type: "chat.hangup" });
    setTimeout(() => this.#end({ type: "closed", closing }), HANGUP_TIMEOUT_MS);
  }

  #url() {
    const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const { persona } = this.#wishes;
    const playing = this.#loudspeaker.whole;
    this.#loudspeaker.hold();
    const lost = { resume: this.#callId, playing, ...this.#loudspeaker.heard };
    return socketUrl(this.#line.callPath, {
      conversation: this.#conversation,
      persona,
      tz,
      ...(this.#callId && lost),
    });
  }

  async #loadPlayback() {
    const { volume = 1, devices = {} } = this.#wishes;
    this.#loudspeaker.setVolume(volume);
    if (devices.speaker) void this.#loudspeaker.setSpeaker(devices.speaker);
    try {
      await this.#loudspeaker.load(this.#context, this.#line.playbackWorklet);
    } catch {
      const message = say(isSecureContext ? "sound.unsupported" : "microphone.insecure");
      if (!this.#ended) this.#handlers.signal({ type: "notice", message });
    }
  }

  /** @param {SocketEvent} event */
  #receive(event) {
    this.#due.receive(event);
    this.#sender.receive(event);
    if (event.type === "chat.error" && event.code === NOTHING_TO_STOP) return;
    this.#latencies.receive(event);
    this.#loudspeaker.receive(event);
    const mode = this.#mode.receive(event);
    if (mode && mode !== this.#talk.mode) this.#applyMode(mode);
    this.#handlers.signal({ type: "event", event });
    if (event.type === "chat.call.started") this.#begin(event);
  }

  /** @param {ArrayBuffer} pcm */
  #hear(pcm) {
    this.#sender.heard(pcm);
    this.#loudspeaker.audio(pcm);
  }

  /** @param {SocketEvent} started */
  #begin(started) {
    this.#callId = started.call_id;
    this.#conversation = started.conversation.id;
    const first = [];
    if (Object.keys(this.#session).length) first.push(asUpdate(this.#session));
    if (this.#talk.mode === "push-to-talk") first.push(this.#mode.change("push-to-talk"));
    this.#sender.begin(started, first);
  }

  /** @param {boolean} isOnline */
  #lost(isOnline) {
    this.#sender.lost();
    void this.#loudspeaker.lost();
    this.#handlers.signal({ type: "lost", isOnline });
  }

  #silent() {
    this.#sender.sounding(false);
    this.#handlers.playback(SILENCE);
    this.#handlers.signal({ type: "playing", playing: false });
  }

  /** @param {PlaybackStatus} status */
  #playing(status) {
    this.#played = status;
    this.#sender.sounding(status.active);
    if (status.key && (status.playedMs ?? 0) > 0) this.#latencies.sounded(status.key.itemId);
    this.#handlers.playback(status);
    this.#handlers.signal({ type: "playing", playing: status.active && !status.paused });
  }

  /** @param {ArrayBuffer} pcm @param {number} level */
  #speak(pcm, level) {
    const said = this.#talk.frame(pcm, level);
    this.#handlers.microphoneLevel(said === pcm ? level : 0);
    if (said === null) return;
    this.#sender.speech(said, this.#talk.loud);
  }

  /** @param {import("./microphone.js").MicrophoneState} state @param {string} [notice] */
  #microphoneIs(state, notice) {
    if (this.#ended) return;
    this.#handlers.signal({ type: "microphone", state, notice });
    if (state !== "on") this.#handlers.microphoneLevel(0);
  }

  #press() {
    if (!this.#talk.press()) return;
    this.#handlers.signal({ type: "talking", talking: true });
    this.#sender.mark({ type: "input_audio_buffer.clear" });
    this.#sender.hold(true);
    void this.interrupt();
    void this.openMicrophone();
  }

  async #release() {
    if (!this.#talk.pressed) return;
    const release = await this.#talk.release(() => this.#microphone.flush());
    if (release === "nothing") return;
    this.#letGo();
    if (release !== "commit") {
      this.#sender.mark({ type: "input_audio_buffer.clear" });
      if (release === "silent") this.#handlers.signal({ type: "notice", message: say("talk.silent") });
      return;
    }
    this.#sender.mark({ type: "input_audio_buffer.commit" });
    this.#sender.mark({ type: "response.create" });
    this.#handlers.signal({ type: "asked" });
  }

  #letGo() {
    this.#sender.hold(false);
    this.#handlers.signal({ type: "talking", talking: false });
  }

  /** @param {Mode} mode */
  #applyMode(mode) {
    if (this.#talk.pressed) this.#letGo();
    this.#talk.mode = mode;
    this.#handlers.signal({ type: "mode", mode });
  }

  /**
   * The page goes, at once: there is no time to ask for more than is known of what was heard.
   * @param {boolean} mayReturn with its call, as far as that lives
   */
  #leave(mayReturn) {
    this.#loudspeaker.tell();
    if (!mayReturn) this.#sender.event({ type: "chat.hangup" });
  }

  /** @param {Signal} signal */
  #end(signal) {
    if (this.#ended) return;
    this.#ended = true;
    this.#leaving.abort();
    this.#connection.drop();
    this.#awake.end();
    this.#sound.end();
    this.#silent();
    this.#handlers.microphoneLevel(0);
    this.#handlers.signal(signal);
    void this.#close();
  }

  async #close() {
    await this.#microphone.close();
    this.#loudspeaker.close();
    await this.#context.close();
  }
}

/** @param {Record<string, any>} session @returns {SocketEvent} */
function asUpdate(session) {
  return { type: "session.update", session: { type: "realtime", ...session } };
}
