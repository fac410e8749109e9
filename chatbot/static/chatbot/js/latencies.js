// @ts-check
/** How long the user waited for each answer, by stage, as this page saw it. */

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 *
 * @typedef {object} Wait all in milliseconds after the end of the question
 * @property {string} item_id of the question
 * @property {string} answer_id
 * @property {number | null} end_noticed_ms the service knew that the question had ended
 * @property {number | null} words_known_ms
 * @property {number | null} answer_begun_ms
 * @property {number | null} speech_end_to_first_audio_ms the first sound arrived here
 * @property {number | null} first_sound_ms it was played
 */

const LONGEST = 50;

/** @param {string} itemId @returns {Wait} */
function newWait(itemId) {
  return {
    item_id: itemId,
    answer_id: "",
    end_noticed_ms: null,
    words_known_ms: null,
    answer_begun_ms: null,
    speech_end_to_first_audio_ms: null,
    first_sound_ms: null,
  };
}

export class Latencies {
  #now;
  #silenceMs = 0;
  #endedAt = 0;
  /** @type {Wait[]} */
  #waits = [];

  /** @param {() => number} [now] milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** @returns {Wait[]} oldest first; those that got an answer */
  get answered() {
    return this.#waits.filter(({ answer_id }) => answer_id).map((wait) => ({ ...wait }));
  }

  /** @param {SocketEvent} event */
  receive(event) {
    const last = this.#waits.at(-1);
    switch (event.type) {
      case "session.updated":
        this.#silenceMs = event.session?.audio?.input?.turn_detection?.silence_duration_ms ?? 0;
        break;
      case "input_audio_buffer.speech_stopped":
        this.#begin(event.item_id, this.#silenceMs);
        break;
      case "input_audio_buffer.committed":
        if (last?.item_id !== event.item_id) this.#begin(event.item_id, 0);
        break;
      case "conversation.item.input_audio_transcription.completed":
        if (last?.item_id === event.item_id) this.#mark("words_known_ms");
        break;
      case "conversation.item.added":
        if (event.item.role === "user" && last?.item_id !== event.item.id) this.#begin(event.item.id, 0);
        break;
      case "response.created":
        this.#mark("answer_begun_ms");
        break;
      case "chat.audio":
        this.#answered(event.item_id);
        break;
    }
  }

  /** Some of an answer has been played. @param {string} itemId */
  sounded(itemId) {
    if (this.#waits.at(-1)?.answer_id === itemId) this.#mark("first_sound_ms");
  }

  /** @param {string} itemId @param {number} agoMs */
  #begin(itemId, agoMs) {
    this.#endedAt = this.#now() - agoMs;
    this.#waits.push({ ...newWait(itemId), end_noticed_ms: Math.round(agoMs) });
    if (this.#waits.length > LONGEST) this.#waits.shift();
  }

  /** @param {string} itemId */
  #answered(itemId) {
    const wait = this.#waits.at(-1);
    if (!wait || wait.answer_id) return;
    wait.answer_id = itemId;
    this.#mark("speech_end_to_first_audio_ms");
  }

  /** @param {Exclude<keyof Wait, "item_id" | "answer_id">} stage the first time counts */
  #mark(stage) {
    const wait = this.#waits.at(-1);
    if (wait) wait[stage] ??= Math.round(this.#now() - this.#endedAt);
  }
}
