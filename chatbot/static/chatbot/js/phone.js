// @ts-check
/** One call as it runs: socket, microphone and loudspeaker held together. */

import { Capture, MicrophoneError } from "./capture.js";
import { say } from "./messages.js";
import { Playback } from "./playback.js";
import { socketUrl, Transport } from "./transport.js";

/**
 * @typedef {import("./call.js").Signal} Signal
 * @typedef {import("./playback.js").PlaybackStatus} PlaybackStatus
 * @typedef {import("./playqueue.js").Settled} Settled
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 *
 * @typedef {object} Line where to call
 * @property {string} callPath
 * @property {string} captureWorklet
 * @property {string} playbackWorklet
 *
 * @typedef {object} Handlers
 * @property {(signal: Signal) => void} signal
 * @property {(level: number) => void} microphoneLevel
 * @property {(status: PlaybackStatus) => void} playback
 */

const REPORT_INTERVAL_MS = 250;
const HANGUP_TIMEOUT_MS = 2000;

/** @param {Settled} settled */
function asReport({ key, playedMs, state }) {
  return { ...asPosition(key, playedMs), type: "chat.playback", state };
}

/** @param {import("./playqueue.js").AudioKey} key @param {number} playedMs */
function asPosition({ generation, itemId, contentIndex }, playedMs) {
  return {
    generation,
    item_id: itemId,
    content_index: contentIndex,
    played_ms: Math.floor(playedMs),
  };
}

export class Phone {
  #line;
  #handlers;
  #transport;
  #context;
  #playback;
  /** @type {Capture | null} */
  #capture = null;
  #accepted = false;
  /** @type {SocketEvent[]} typed before the server took the call */
  #earlyEvents = [];
  /** @type {ArrayBuffer[]} spoken before the server took the call */
  #earlySpeech = [];
  #reportedAt = 0;
  #ended = false;

  /**
   * Call at once; to be made in the handler of a tap or a key, which lets sound be played.
   * @param {Line} line
   * @param {{conversation: string | null, persona: string | null, microphone: boolean}} wishes
   * @param {Handlers} handlers
   */
  constructor(line, { conversation, persona, microphone }, handlers) {
    this.#line = line;
    this.#handlers = handlers;
    const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#context = new AudioContext();
    this.#playback = new Playback({
      status: (status) => this.#playing(status),
      ended: (settled) => this.#transport.sendEvent(asReport(settled)),
    });
    this.#transport = new Transport(socketUrl(line.callPath, { conversation, persona, tz }), {
      event: (event) => this.#receive(event),
      audio: (pcm) => this.#playback.audio(pcm),
      closed: (closing) => this.#end({ type: "closed", closing }),
    });
    handlers.signal({ type: "dial" });
    void this.#loadPlayback();
    if (microphone) void this.openMicrophone();
  }

  async openMicrophone() {
    if (this.#capture) return;
    this.#handlers.signal({ type: "microphone", state: "asking" });
    try {
      const capture = await Capture.start(this.#context, this.#line.captureWorklet, {
        frame: (pcm, level) => this.#speak(pcm, level),
        lost: () => void this.#loseMicrophone(),
      });
      if (this.#ended) {
        await capture.stop();
        return;
      }
      this.#capture = capture;
      this.#handlers.signal({ type: "microphone", state: "on" });
    } catch (error) {
      const problem = error instanceof MicrophoneError ? error.problem : "failed";
      const notice = say(`microphone.${problem}`);
      this.#handlers.signal({ type: "microphone", state: "off", notice });
    }
  }

  /** @param {string} text */
  async type(text) {
    if (this.#playback.active) await this.interrupt();
    const content = [{ type: "input_text", text }];
    this.#send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
    this.#send({ type: "response.create" });
    this.#handlers.signal({ type: "asked" });
  }

  /** Silence the answer and tell the server how much of it was heard. */
  async interrupt() {
    const cut = await this.#playback.flush();
    if (cut) {
      this.#transport.sendEvent({ type: "chat.interrupt", ...asPosition(cut.key, cut.playedMs) });
    } else {
      this.#transport.sendEvent({ type: "response.cancel" });
    }
    this.#handlers.signal({ type: "stopped" });
    this.#silent();
  }

  /** Whether the assistant may do what it asked for. @param {string} callId @param {boolean} approved */
  answerTool(callId, approved) {
    this.#transport.sendEvent({ type: "chat.tool.answer", call_id: callId, approved });
  }

  async hangUp() {
    const transport = this.#transport;
    if (!transport.open) {
      transport.drop();
      this.#end({ type: "closed", closing: { code: 1000, message: "", wayOut: "again" } });
      return;
    }
    await this.#capture?.stop();
    this.#capture = null;
    const cut = await this.#playback.flush();
    if (cut) transport.sendEvent(asReport(cut));
    transport.sendEvent({ type: "chat.hangup" });
    setTimeout(() => {
      transport.drop();
      this.#end({ type: "closed", closing: { code: 1000, message: "", wayOut: "again" } });
    }, HANGUP_TIMEOUT_MS);
  }

  async #loadPlayback() {
    void this.#context.resume();
    try {
      await this.#playback.load(this.#context, this.#line.playbackWorklet);
    } catch {
      const message = say(isSecureContext ? "sound.unsupported" : "microphone.insecure");
      if (!this.#ended) this.#handlers.signal({ type: "notice", message });
    }
  }

  /** @param {SocketEvent} event */
  #receive(event) {
    if (event.type === "chat.call.started") this.#accept();
    if (event.type === "chat.audio") this.#playback.header(/** @type {any} */ (event));
    if (event.type === "response.done") this.#playback.finish();
    if (event.type === "input_audio_buffer.speech_started") void this.#giveWay();
    if (event.type === "chat.interrupted") void this.#playback.flushBefore(event.generation);
    this.#handlers.signal({ type: "event", event });
  }

  /** The user speaks: be silent at once. */
  async #giveWay() {
    const cut = await this.#playback.flush();
    if (!cut) return;
    this.#transport.sendEvent(asReport(cut));
    this.#silent();
  }

  #silent() {
    this.#handlers.playback({ active: false, queuedMs: 0, underRuns: 0, level: 0 });
    this.#handlers.signal({ type: "playing", playing: false });
  }

  /** @param {PlaybackStatus} status */
  #playing(status) {
    this.#handlers.playback(status);
    this.#handlers.signal({ type: "playing", playing: status.active });
    const now = performance.now();
    if (!status.key || now - this.#reportedAt < REPORT_INTERVAL_MS) return;
    this.#reportedAt = now;
    const position = asPosition(status.key, status.playedMs ?? 0);
    this.#transport.sendEvent({ type: "chat.playback", ...position, state: "playing" });
  }

  /** @param {ArrayBuffer} pcm @param {number} level */
  #speak(pcm, level) {
    this.#handlers.microphoneLevel(level);
    if (this.#accepted) this.#transport.sendAudio(pcm);
    else this.#earlySpeech.push(pcm);
  }

  /** @param {SocketEvent} event */
  #send(event) {
    if (this.#accepted) this.#transport.sendEvent(event);
    else this.#earlyEvents.push(event);
  }

  #accept() {
    this.#accepted = true;
    for (const pcm of this.#earlySpeech.splice(0)) this.#transport.sendAudio(pcm);
    for (const event of this.#earlyEvents.splice(0)) this.#transport.sendEvent(event);
  }

  async #loseMicrophone() {
    const capture = this.#capture;
    this.#capture = null;
    await capture?.stop();
    const notice = say("microphone.lost");
    this.#handlers.signal({ type: "microphone", state: "off", notice });
    this.#handlers.microphoneLevel(0);
  }

  /** @param {Signal} signal */
  #end(signal) {
    if (this.#ended) return;
    this.#ended = true;
    this.#silent();
    this.#handlers.microphoneLevel(0);
    this.#handlers.signal(signal);
    void this.#release();
  }

  async #release() {
    await this.#capture?.stop();
    this.#playback.close();
    await this.#context.close();
  }
}
