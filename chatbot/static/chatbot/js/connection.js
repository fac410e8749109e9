// @ts-check
/** The way to the server: one socket after another, for as long as that helps. */

import { CHECK_MS, Pulse } from "./pulse.js";
import { Reconnect } from "./reconnect.js";
import { Transport } from "./transport.js";

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {import("./transport.js").Closing} Closing
 *
 * @typedef {object} ConnectionHandlers
 * @property {(event: SocketEvent) => void} event
 * @property {(pcm: ArrayBuffer) => void} audio
 * @property {(at: number) => void} arrived what was sent until then, by the clock of `Date`
 * @property {(isOnline: boolean) => void} lost another socket will be tried
 * @property {(closing: Closing) => void} closed for good
 */

/** Some devices call themselves offline though the server is near. */
const OFFLINE_RETRY_MS = 10_000;

/** Things that happen to a device after which a socket may be dead, or a new one possible. */
const CHANGES = ["online", "offline", "pageshow"];

export class Connection {
  #urlOf;
  #handlers;
  #reconnect = new Reconnect();
  #pulse = new Pulse();
  /** @type {Transport} */
  #transport;
  /** Whether the server has ever taken the call: one that never began is not tried again. */
  #wasTaken = false;
  #isDialling = true;
  #isOver = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #redial;
  #checks;
  #changes = new AbortController();
  reconnects = 0;

  /**
   * @param {() => string} urlOf where to dial, each time anew
   * @param {ConnectionHandlers} handlers
   */
  constructor(urlOf, handlers) {
    this.#urlOf = urlOf;
    this.#handlers = handlers;
    this.#transport = this.#dial();
    this.#checks = setInterval(() => this.#judge(this.#pulse.check()), CHECK_MS);
    const { signal } = this.#changes;
    for (const change of CHANGES) {
      window.addEventListener(change, () => this.#changed(), { signal });
    }
    document.addEventListener(
      "visibilitychange",
      () => document.visibilityState === "visible" && this.#changed(),
      { signal },
    );
  }

  /** Whether what is sent reaches a server that has taken the call. */
  get open() {
    return this.#transport.open && !this.#isDialling;
  }

  /** @returns {"connecting" | "open" | "waiting" | "closed"} */
  get state() {
    if (this.#isOver) return "closed";
    if (this.open) return "open";
    return this.#redial === undefined ? "connecting" : "waiting";
  }

  /** @param {SocketEvent} event */
  sendEvent(event) {
    if (this.open) this.#transport.sendEvent(event);
  }

  /** @param {ArrayBuffer} pcm */
  sendAudio(pcm) {
    if (this.open) this.#transport.sendAudio(pcm);
  }

  /** Close without telling the handlers. */
  drop() {
    this.#isOver = true;
    this.#changes.abort();
    clearInterval(this.#checks);
    clearTimeout(this.#redial);
    this.#transport.drop();
  }

  #dial() {
    this.#isDialling = true;
    this.#redial = undefined;
    return new Transport(this.#urlOf(), {
      event: (event) => this.#receive(event),
      audio: (pcm) => {
        this.#pulse.heard();
        this.#handlers.audio(pcm);
      },
      closed: (closing) => this.#lose(closing),
    });
  }

  /** @param {SocketEvent} event */
  #receive(event) {
    this.#pulse.heard();
    if (event.type === "chat.pong") return this.#handlers.arrived(event.id);
    if (event.type === "chat.call.started") {
      this.#isDialling = false;
      this.#wasTaken = true;
      this.#reconnect.opened();
    }
    this.#handlers.event(event);
  }

  /** @param {Closing} closing */
  #lose(closing) {
    const delay = this.#wasTaken ? this.#reconnect.lost(closing.code) : null;
    if (delay === null) {
      this.drop();
      this.#handlers.closed(closing);
      return;
    }
    this.#isDialling = true;
    this.#redialIn(delay);
    this.#handlers.lost(navigator.onLine);
  }

  /** @param {number} delayMs not so soon without a network, and time without one does not count */
  #redialIn(delayMs) {
    clearTimeout(this.#redial);
    if (!navigator.onLine) this.#reconnect.renew();
    this.#redial = setTimeout(
      () => {
        this.reconnects += 1;
        this.#transport = this.#dial();
      },
      navigator.onLine ? delayMs : OFFLINE_RETRY_MS,
    );
  }

  /** The device woke up, or its network changed. */
  #changed() {
    if (this.#isOver) return;
    if (this.#redial === undefined) {
      if (this.open) this.#judge(this.#pulse.doubt());
    } else {
      this.#reconnect.renew();
      this.#redialIn(0);
      this.#handlers.lost(navigator.onLine);
    }
  }

  /** @param {import("./pulse.js").Verdict} verdict */
  #judge(verdict) {
    if (!this.open) return;
    if (verdict === "ask") this.#transport.sendEvent({ type: "chat.ping", id: Date.now() });
    if (verdict === "dead") {
      this.#transport.drop();
      this.#lose({ code: 1006, message: "", wayOut: "again" });
    }
  }
}
