// @ts-check
/** What went over the socket, without words and sound: kinds, times and sizes of the last 200. */

/**
 * @typedef {object} Entry
 * @property {number} at_ms since the call began
 * @property {"in" | "out"} way
 * @property {string} type of the event, or "audio"
 * @property {number} bytes
 * @property {number} count how many of them stand here together
 */

const LONGEST = 200;

export class Journal {
  #now;
  #beganAt;
  /** @type {Entry[]} */
  #entries = [];

  /** @param {() => number} [now] milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#beganAt = now();
  }

  /** @returns {Entry[]} oldest first */
  get entries() {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  /** @param {Entry["way"]} way @param {import("./transport.js").SocketEvent} event */
  event(way, event) {
    this.#add(way, event.type, JSON.stringify(event).length);
  }

  /** @param {Entry["way"]} way @param {ArrayBuffer} pcm */
  audio(way, pcm) {
    const last = this.#entries.filter((entry) => entry.way === way).at(-1);
    if (last?.type !== "audio") return this.#add(way, "audio", pcm.byteLength);
    last.bytes += pcm.byteLength;
    last.count += 1;
  }

  /** @param {Entry["way"]} way @param {string} type @param {number} bytes */
  #add(way, type, bytes) {
    const at_ms = Math.round(this.#now() - this.#beganAt);
    this.#entries.push({ at_ms, way, type, bytes, count: 1 });
    if (this.#entries.length > LONGEST) this.#entries.shift();
  }
}
