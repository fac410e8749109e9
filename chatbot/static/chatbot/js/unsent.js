// @ts-check
/** Typed messages that are not in the conversation yet; a reload of the page keeps them. */

/**
 * @typedef {import("./transport.js").SocketEvent} SocketEvent
 * @typedef {{text: string, others: string[]}} Message `others`: older items with the same words
 */

const KEY = "chatbot.unsent";

export class Unsent {
  #storage;
  #conversation;
  /** @type {Message[]} */
  #messages;
  /** @type {Map<string, string>} items seen -> their words */
  #seen = new Map();

  /**
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage of this tab
   * @param {string | null} conversation null: one that begins
   */
  constructor(storage, conversation) {
    this.#storage = storage;
    this.#conversation = conversation;
    const kept = read(storage);
    this.#messages = kept.conversation === conversation ? kept.messages : [];
  }

  /** @returns {string[]} oldest first */
  get texts() {
    return this.#messages.map(({ text }) => text);
  }

  /** @param {string} text */
  add(text) {
    const others = [...this.#seen].filter(([, words]) => words === text).map(([id]) => id);
    this.#messages.push({ text, others });
    this.#write();
  }

  /** Nothing is to be sent any more. @returns {string[]} what was not */
  clear() {
    const texts = this.texts;
    this.#messages = [];
    this.#write();
    return texts;
  }

  /** @param {SocketEvent} event */
  receive(event) {
    if (event.type === "chat.call.started") {
      this.#conversation = event.conversation.id;
      this.see(event.turns);
      this.#write();
    }
    if (event.type !== "conversation.item.added" || event.item.role !== "user") return;
    const parts = event.item.content ?? [];
    const typed = parts.filter((/** @type {any} */ { type }) => type === "input_text");
    if (typed.length) this.#settle(event.item.id, typed.map((/** @type {any} */ { text }) => text).join("\n"));
  }

  /** @param {{item_id: string, role: string, modality: string, text: string}[]} turns as stored */
  see(turns) {
    for (const { item_id, role, modality, text } of turns) {
      if (role === "user" && modality === "text") this.#settle(item_id, text);
    }
  }

  /** @param {string} itemId @param {string} text */
  #settle(itemId, text) {
    if (this.#seen.has(itemId)) return;
    this.#seen.set(itemId, text);
    const at = this.#messages.findIndex(
      (message) => message.text === text && !message.others.includes(itemId),
    );
    if (at === -1) return;
    this.#messages.splice(at, 1);
    this.#write();
  }

  /** A browser that stores nothing keeps the messages as long as the page. */
  #write() {
    try {
      const kept = { conversation: this.#conversation, messages: this.#messages };
      if (this.#messages.length) this.#storage.setItem(KEY, JSON.stringify(kept));
      else this.#storage.removeItem(KEY);
    } catch {
      return;
    }
  }
}

/**
 * Whether something was typed into this tab before the page was loaded, and never came through.
 * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage
 * @param {string | null} conversation
 * @param {any[]} turns as stored
 */
export function isUnsent(storage, conversation, turns) {
  const unsent = new Unsent(storage, conversation);
  unsent.see(turns);
  return unsent.texts.length > 0;
}

/**
 * @param {Pick<Storage, "getItem">} storage
 * @returns {{conversation: string | null, messages: Message[]}}
 */
function read(storage) {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? "null");
    return kept ?? { conversation: null, messages: [] };
  } catch {
    return { conversation: null, messages: [] };
  }
}
