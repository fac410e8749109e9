// @ts-check
/** What the user chooses takes effect: here and now, in the running call, at the server. */

import { isUnderWay, phaseOf } from "./call.js";
import { DeviceChoice } from "./devicechoice.js";
import { say } from "./messages.js";
import { post } from "./posting.js";
import { ownStorage, recall, remember } from "./remembered.js";
import { fillSelect, Settings } from "./settings.js";
import { element, write } from "./view.js";
import { CHOICES, preferenceOf, sessionOf } from "./wishes.js";

/**
 * @typedef {import("./call.js").CallState} CallState
 * @typedef {import("./phone.js").Phone} Phone
 * @typedef {import("./remembered.js").Remembered} Remembered
 * @typedef {import("./wishes.js").Choice} Choice
 * @typedef {import("./wishes.js").Choices} Choices
 */

const PROCESSING = /** @type {const} */ (["echoCancellation", "noiseSuppression", "autoGainControl"]);

export class Choosing {
  #storage = ownStorage();
  #choices = offered();
  #screen = element("call", HTMLElement);
  #personaList = element("persona", HTMLSelectElement);
  #heading = document.querySelector(".welcome h2");
  #hint = document.querySelector(".welcome-hint");
  #settings = new Settings((name, value) => void this.#change(name, value));
  #situation;
  #changed;
  /** @type {string | null} */
  #slug;

  /**
   * @param {() => {phone: Phone | null, call: CallState, conversation: string | null}} situation
   * @param {(remembered: Remembered) => void} changed
   * @param {(sentence: string) => void} tell
   */
  constructor(situation, changed, tell) {
    this.#situation = situation;
    this.devices = new DeviceChoice(this.#settings, situation, tell);
    this.#changed = changed;
    this.#slug = this.#screen.dataset.persona || null;
    this.remembered = recall(this.#storage);
    this.#personaList.addEventListener("input", () => {
      void this.#change("persona", this.#personaList.value);
    });
    this.draw();
  }

  /** @returns {string | null} */
  get persona() {
    return this.#slug;
  }

  get processing() {
    const { echoCancellation, noiseSuppression, autoGainControl } = this.remembered;
    return { echoCancellation, noiseSuppression, autoGainControl };
  }

  open() {
    this.draw();
    this.#settings.open();
  }

  close() {
    this.#settings.close();
  }

  /** @param {Partial<Remembered>} change */
  keep(change) {
    this.remembered = { ...this.remembered, ...change };
    remember(this.#storage, this.remembered);
    this.#changed(this.remembered);
    this.draw();
  }

  draw() {
    const persona = this.#choices?.personas.find(({ slug }) => slug === this.#slug);
    const { conversation, call } = this.#situation();
    document.documentElement.dataset.captions = this.remembered.captions;
    document.documentElement.dataset.shortcuts = String(this.remembered.shortcuts);
    this.#settings.drawRemembered(this.remembered);
    this.#settings.drawChoices(this.#choices, persona, {
      persona: conversation ? say("choice.fixed") : "",
      voice: isUnderWay(call) ? say("choice.voice") : "",
    });
    const several = (this.#choices?.personas.length ?? 0) > 1;
    element("persona-field", HTMLElement).hidden =
      !several || conversation !== null || phaseOf(call) !== "idle";
    if (!this.#choices || !persona || conversation) return;
    const personas = this.#choices.personas.map(({ slug, name }) => ({ value: slug, label: name }));
    fillSelect(this.#personaList, personas, persona.slug);
    if (this.#heading) write(this.#heading, say("welcome.title", { name: persona.name }));
    if (this.#hint) write(this.#hint, persona.description || say("welcome.hint"));
  }

  /** @param {string} name @param {string | number | boolean} value */
  async #change(name, value) {
    if (name === "persona" || CHOICES.includes(/** @type {Choice} */ (name))) {
      await this.#choose(/** @type {Choice | "persona"} */ (name), String(value));
      return;
    }
    if (name === "recording") {
      await this.#agree(value === true);
      return;
    }
    if (name === "microphone" || name === "speaker") {
      this.devices.choose(name, String(value));
      return;
    }
    const { phone } = this.#situation();
    this.keep({ [name]: value });
    if (name === "volume") phone?.setVolume(Number(value));
    if (name === "mode") phone?.setMode(this.remembered.mode);
    if (PROCESSING.some((each) => each === name)) void phone?.setProcessing(this.processing);
  }

  /** The server stops or begins to record; the call itself tells whether it does. @param {boolean} agrees */
  async #agree(agrees) {
    if (!this.#choices) return;
    const refusal = await post(this.#choices.preferences_url, { recording: agrees });
    this.#settings.drawError(refusal === null ? "" : refusal || say("choice.recording"));
    if (refusal !== null) this.#settings.drawAgreement(!agrees);
  }

  /** @param {Choice | "persona"} name @param {string} value */
  async #choose(name, value) {
    if (!this.#choices) return;
    const { phone, conversation } = this.#situation();
    const preference = name === "persona" ? value : preferenceOf(name, value);
    this.#choices.saved = { ...this.#choices.saved, [name]: preference };
    if (name === "persona" && !conversation) this.#slug = value;
    const persona = this.#choices.personas.find(({ slug }) => slug === this.#slug);
    if (phone && persona && name !== "persona" && this.#takesEffect(name)) {
      const session = sessionOf(persona, this.#choices.saved, name);
      if (session) phone.update(session);
    }
    this.draw();
    const refusal = await post(this.#choices.preferences_url, { [name]: preference });
    this.#settings.drawError(refusal === null ? "" : refusal || say("choice.failed"));
  }

  /**
   * Whoever holds a button to talk has no turn detection to change, and an assistant that has
   * spoken keeps its voice.
   * @param {Choice} name
   */
  #takesEffect(name) {
    if (name === "voice") return false;
    const isDetection = name === "turn_detection" || name === "eagerness";
    return !isDetection || this.#situation().call.mode === "hands-free";
  }
}

/** @returns {Choices | null} */
function offered() {
  const found = document.getElementById("choices");
  return found ? JSON.parse(found.textContent || "null") : null;
}
