// @ts-check
/** Push-to-talk: held by finger, pointer or space bar; whatever lets go of it ends the turn. */

export class TalkButton {
  #button;
  #talk;
  #pressed = false;

  /** @param {HTMLButtonElement} button @param {(pressed: boolean) => void} talk */
  constructor(button, talk) {
    this.#button = button;
    this.#talk = talk;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      button.setPointerCapture(event.pointerId);
      this.press();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      button.addEventListener(end, () => this.release());
    }
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this.press();
    });
    document.addEventListener("keyup", ({ key }) => {
      if (key === " " || key === "Enter") this.release();
    });
    window.addEventListener("blur", () => this.release());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.release();
    });
  }

  press() {
    if (this.#pressed || this.#button.hidden || this.#button.disabled) return;
    this.#pressed = true;
    this.#talk(true);
  }

  release() {
    if (!this.#pressed) return;
    this.#pressed = false;
    this.#talk(false);
  }
}
