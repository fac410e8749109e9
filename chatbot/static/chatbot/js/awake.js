// @ts-check
/** Keeps the screen on while a call runs, where the browser can. */

export class Awake {
  /** @type {WakeLockSentinel | null} */
  #lock = null;
  #listening = new AbortController();

  constructor() {
    // The browser takes the lock back whenever the page is hidden.
    document.addEventListener("visibilitychange", () => void this.#ask(), {
      signal: this.#listening.signal,
    });
    void this.#ask();
  }

  end() {
    this.#listening.abort();
    void this.#lock?.release();
    this.#lock = null;
  }

  async #ask() {
    if (document.visibilityState !== "visible" || !navigator.wakeLock) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      if (this.#listening.signal.aborted) await lock.release();
      else this.#lock = lock;
    } catch {
      return; // low battery, or not allowed: the call goes on
    }
  }
}
