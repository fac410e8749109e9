// @ts-check
/** Whether an answer runs or is due: whether there is something to stop, or to wait for. */

/** @typedef {import("./transport.js").SocketEvent} SocketEvent */

export class Due {
  /** @type {string | null} */
  #responseId = null;
  #isAsked = false;
  /** @type {Set<string>} calls of tools that were asked for, or run */
  #tools = new Set();

  get any() {
    return this.isMade || this.#isAsked;
  }

  /** It is being made, or a tool is at work for it. */
  get isMade() {
    return this.#responseId !== null || this.#tools.size > 0;
  }

  /** @param {SocketEvent} event of ours */
  send(event) {
    if (event.type === "response.create") this.#isAsked = true;
    if (event.type === "response.cancel" || event.type === "chat.interrupt") this.#isAsked = false;
  }

  /** @param {SocketEvent} event of the server's */
  receive(event) {
    switch (event.type) {
      case "chat.call.started":
        this.#isAsked = event.resumed === true;
        this.#responseId = null;
        return this.#tools.clear();
      case "input_audio_buffer.speech_stopped":
      case "input_audio_buffer.committed":
        this.#isAsked = true;
        return;
      case "conversation.item.input_audio_transcription.completed":
        if (!event.transcript?.trim()) this.#isAsked = false;
        return;
      case "input_audio_buffer.cleared":
      case "chat.resumed":
        this.#isAsked = false;
        return;
      case "response.created":
        this.#isAsked = false;
        this.#responseId = event.response.id;
        return;
      case "response.done":
        if (event.response.id === this.#responseId) this.#responseId = null;
        return;
      case "chat.tool.asked":
      case "chat.tool.started":
        this.#tools.add(event.call_id);
        return;
      case "chat.tool.finished":
        this.#isAsked = this.#isAsked || event.status !== "interrupted";
        this.#tools.delete(event.call_id);
        return;
    }
  }
}
