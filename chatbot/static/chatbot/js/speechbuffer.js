// @ts-check
/**
 * The speech that is in no saved turn yet: what a new call has to hear when the old one is lost.
 *
 * While nobody speaks that is what the server has not confirmed to have, and a second before it;
 * while a turn is open, all of it. Never more than 15 seconds.
 */

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {{event: SocketEvent} | {pcm: ArrayBuffer}} Piece what is sent, in order
 * @typedef {Piece & {at: number, number: number, isLoud: boolean}} Kept
 */

const BYTES_PER_MS = 48;
const LONGEST_BYTES = 15_000 * BYTES_PER_MS;
/** The start of a word that no detector has noticed yet. */
const PREFIX_MS = 1000;
/** When a turn's end is known, the next one may have begun this long ago. */
const OVERLAP_MS = 200;
/** An end is known by two clocks, and the way between them takes time. */
const SLACK_MS = 300;
/** Fewer frames with a voice are a knock. */
const SHORTEST_VOICE = 3;

export class SpeechBuffer {
  #now;
  /** @type {Kept[]} */
  #kept = [];
  #bytes = 0;
  #droppedBytes = 0;
  #number = 0;
  #isHeld = false;
  /** @type {number | null} what was said before has reached the server */
  #arrivedUntil = null;
  /** @type {Map<string, number | null>} turns that are not saved -> the last piece of each */
  #open = new Map();

  /** @param {() => number} [now] milliseconds */
  constructor(now = Date.now) {
    this.#now = now;
  }

  /** How much speech is kept. */
  get lengthMs() {
    return Math.round(this.#bytes / BYTES_PER_MS);
  }

  /** How much was let go, because it was more than can be kept. */
  get droppedMs() {
    return Math.round(this.#droppedBytes / BYTES_PER_MS);
  }

  /** The number of the newest piece. */
  get position() {
    return this.#number;
  }

  /** @returns {number | null} the first piece that is kept in which somebody speaks */
  get spokenAt() {
    const loud = this.#kept.filter(({ isLoud }) => isLoud);
    return loud.length < SHORTEST_VOICE ? null : loud[0].number;
  }

  /** Speech that is said. @param {ArrayBuffer} pcm @param {boolean} [isLoud] somebody speaks in it */
  push(pcm, isLoud = false) {
    this.#add({ pcm }, isLoud);
    this.#trim();
  }

  /** An event that stands among the speech: the end of a held turn. @param {SocketEvent} event */
  note(event) {
    if (event.type === "input_audio_buffer.clear") this.#clear();
    else this.#add({ event });
  }

  /** While the button is held, all is kept. @param {boolean} isHeld */
  hold(isHeld) {
    this.#isHeld = isHeld;
  }

  /** What was sent until then has reached a server whose session listens. @param {number} at milliseconds */
  arrived(at) {
    this.#arrivedUntil = at;
    this.#trim();
  }

  /** The session that listened is gone, or another one has yet to begin. */
  lost() {
    this.#arrivedUntil = null;
  }

  /** @param {SocketEvent} event of the server's */
  receive(event) {
    ON_EVENT[event.type]?.(this, event);
  }

  /** What ended so long ago is in saved turns, whether we were told so or not. @param {number} agoMs */
  savedUntil(agoMs) {
    const until = this.#now() - agoMs + SLACK_MS;
    const ended = this.#kept.filter((kept) => isCommit(kept) && kept.at <= until).at(-1);
    if (ended) this.#forget(({ number }) => number <= ended.number);
    else if (!this.#kept.some(isCommit)) this.#forget(({ at }) => at <= until);
    this.#forget(isRequest);
  }

  /**
   * What a new call must hear, in order; it stays here until a turn of that call is saved.
   * @returns {Piece[]}
   */
  take() {
    const now = this.#now();
    this.lost();
    this.#open.clear();
    this.#kept = this.#kept.map((kept) => ({ ...kept, at: now }));
    return this.#kept.map((kept) => ("pcm" in kept ? { pcm: kept.pcm } : { event: kept.event }));
  }

  /** @param {string} itemId */
  begin(itemId) {
    if (!this.#open.has(itemId)) this.#open.set(itemId, null);
  }

  /** All of the turn has been sent. @param {string} itemId */
  end(itemId) {
    const known = [...this.#open.values()];
    const commit = this.#kept.find((kept) => isCommit(kept) && !known.includes(kept.number));
    const spoken = this.#kept.filter(({ at }) => at <= this.#now() - OVERLAP_MS).at(-1);
    this.#open.set(itemId, (commit ?? spoken)?.number ?? null);
  }

  /** The turn is saved, or came to nothing. @param {string} itemId */
  settle(itemId) {
    const last = this.#open.get(itemId);
    this.#open.delete(itemId);
    if (last !== undefined && last !== null) this.#forget(({ number }) => number <= last);
    this.#forget(isRequest);
  }

  /** @param {{event: SocketEvent} | {pcm: ArrayBuffer}} piece @param {boolean} [isLoud] */
  #add(piece, isLoud = false) {
    this.#number += 1;
    this.#kept.push({ ...piece, at: this.#now(), number: this.#number, isLoud });
    this.#bytes += sizeOf(piece);
  }

  /** What was said since the last turn ended is of no use. */
  #clear() {
    const ended = this.#kept.filter((kept) => "event" in kept).at(-1)?.number ?? 0;
    this.#kept = this.#kept.filter(({ number }) => number <= ended);
    this.#bytes = this.#kept.reduce((sum, piece) => sum + sizeOf(piece), 0);
    for (const [itemId, last] of this.#open) if (last === null) this.#open.delete(itemId);
  }

  #trim() {
    const isWanted = this.#isHeld || this.#open.size > 0 || this.#kept.some(isCommit);
    if (!isWanted && this.#arrivedUntil !== null) {
      const oldest = this.#arrivedUntil - PREFIX_MS;
      this.#forget(({ at }) => at < oldest);
    }
    const before = this.#bytes;
    this.#forget(() => this.#bytes > LONGEST_BYTES);
    this.#droppedBytes += before - this.#bytes;
  }

  /** Let go of the oldest pieces, as long as they are like that. @param {(kept: Kept) => boolean} isLike */
  #forget(isLike) {
    while (this.#kept.length && isLike(this.#kept[0])) {
      this.#bytes -= sizeOf(this.#kept[0]);
      this.#kept.shift();
    }
  }
}

/** @param {Piece} piece */
function sizeOf(piece) {
  return "pcm" in piece ? piece.pcm.byteLength : 0;
}

/** @param {Piece} piece */
function isCommit(piece) {
  return "event" in piece && piece.event.type === "input_audio_buffer.commit";
}

/** @param {Piece} piece that asks for an answer: whoever has the question saved does so himself */
function isRequest(piece) {
  return "event" in piece && piece.event.type === "response.create";
}

/** A call that ends saves the words that it did not understand as failed. @param {any} turn */
function isUnderstood({ status }) {
  return status !== "failed";
}

/** @type {Record<string, (buffer: SpeechBuffer, event: SocketEvent) => void>} */
const ON_EVENT = {
  "chat.call.started": (buffer, { turns }) => {
    for (const turn of turns) if (isUnderstood(turn)) buffer.settle(turn.item_id);
  },
  "chat.turn.saved": (buffer, turn) => {
    if (isUnderstood(turn)) buffer.settle(turn.item_id);
  },
  "conversation.item.deleted": (buffer, { item_id }) => buffer.settle(item_id),
  "conversation.item.input_audio_transcription.completed": (buffer, { item_id, transcript }) => {
    if (!transcript?.trim()) buffer.settle(item_id);
  },
  "conversation.item.input_audio_transcription.failed": (buffer, { item_id }) =>
    buffer.settle(item_id),
  "input_audio_buffer.committed": (buffer, { item_id }) => buffer.end(item_id),
  "input_audio_buffer.speech_started": (buffer, { item_id }) => buffer.begin(item_id),
};
