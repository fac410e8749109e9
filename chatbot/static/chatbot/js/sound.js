// @ts-check
/** The sound of a page may be stopped by the browser or by a phone call: the next tap goes on. */

const GESTURES = ["pointerdown", "keydown", "touchend"];
/** A context that a tap has just allowed needs a moment to start. */
const START_MS = 1000;

export class Sound {
  #context;
  #changed;
  #listening = new AbortController();
  #isBlocked = false;
  #check;

  /**
   * @param {AudioContext} context
   * @param {(isBlocked: boolean) => void} changed
   */
  constructor(context, changed) {
    this.#context = context;
    this.#changed = changed;
    const { signal } = this.#listening;
    context.addEventListener("statechange", () => this.#look(), { signal });
    document.addEventListener("visibilitychange", () => this.wake(), { signal });
    for (const gesture of GESTURES) {
      document.addEventListener(gesture, () => this.wake(), { signal, capture: true, passive: true });
    }
    this.#check = setTimeout(() => this.#look(), START_MS);
    this.wake();
  }

  /** Go on, if the browser lets it. */
  wake() {
    const { state } = this.#context;
    if (state !== "running" && state !== "closed") void this.#context.resume().catch(() => {});
  }

  end() {
    this.#listening.abort();
    clearTimeout(this.#check);
  }

  #look() {
    const isBlocked = this.#context.state !== "running";
    if (isBlocked === this.#isBlocked || this.#listening.signal.aborted) return;
    this.#isBlocked = isBlocked;
    this.#changed(isBlocked);
    if (isBlocked) this.wake();
  }
}
