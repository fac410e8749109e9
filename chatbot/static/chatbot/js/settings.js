// @ts-check
/** The settings dialog: shows what is chosen, and tells what the user changes. */

import { say } from "./messages.js";
import { element, write } from "./view.js";
import { CHOICES, detectsMeaning, optionsOf, permits, shownValue } from "./wishes.js";

/**
 * @typedef {import("./devices.js").Devices} Devices
 * @typedef {import("./remembered.js").Remembered} Remembered
 * @typedef {import("./wishes.js").Choice} Choice
 * @typedef {import("./wishes.js").Choices} Choices
 * @typedef {import("./wishes.js").Option} Option
 * @typedef {import("./wishes.js").Persona} Persona
 */

export class Settings {
  #dialog = element("settings", HTMLDialogElement);
  #form = element("settings-form", HTMLFormElement);
  #error = element("settings-error", HTMLElement);

  /** @param {(name: string, value: string | number | boolean) => void} changed */
  constructor(changed) {
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("input", ({ target }) => {
      if (target instanceof HTMLSelectElement) changed(target.name, target.value);
      if (!(target instanceof HTMLInputElement)) return;
      changed(target.name, target.type === "checkbox" ? target.checked : target.valueAsNumber);
    });
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    });
  }

  open() {
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  close() {
    this.#dialog.close();
  }

  /** @param {Remembered} remembered */
  drawRemembered(remembered) {
    for (const [name, value] of Object.entries(remembered)) {
      const field = this.#form.elements.namedItem(name);
      if (field instanceof HTMLInputElement && typeof value === "boolean") field.checked = value;
      else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) {
        field.value = String(value);
      }
    }
  }

  /** @param {Devices} devices */
  drawDevices(devices) {
    element("speaker-field", HTMLElement).hidden = !devices.canChooseSpeaker;
    this.#fill("microphone", named(devices.microphones, "device.microphone"), devices.microphone);
    this.#fill("speaker", named(devices.speakers, "device.speaker"), devices.speaker);
  }

  /**
   * @param {Choices | null} choices null: the server offers none
   * @param {Persona | undefined} persona of the conversation, or of the next one
   * @param {Partial<Record<Choice | "persona", string>>} notes on when a choice counts
   */
  drawChoices(choices, persona, notes) {
    element("settings-assistant", HTMLElement).hidden = !choices;
    this.#field("persona").hidden = !choices || choices.personas.length < 2;
    this.#note("persona", notes.persona ?? "");
    if (choices && persona) {
      const personas = choices.personas.map(({ slug, name }) => ({ value: slug, label: name }));
      this.#fill("persona", personas, persona.slug);
    }
    for (const name of CHOICES) {
      const isOffered = choices && persona && permits(persona, name);
      const isOfUse = name !== "eagerness" || (persona && choices && detectsMeaning(persona, choices.saved));
      this.#field(name).hidden = !isOffered || !isOfUse;
      if (choices && persona) {
        this.#fill(name, optionsOf(choices, persona, name), shownValue(choices.saved, name));
      }
      this.#note(name, notes[name] ?? "");
    }
  }

  /** @param {boolean} agrees to recording */
  drawAgreement(agrees) {
    const field = this.#form.elements.namedItem("recording");
    if (field instanceof HTMLInputElement) field.checked = agrees;
  }

  /** @param {string} sentence what could not be saved, or "" */
  drawError(sentence) {
    write(this.#error, sentence);
    this.#error.hidden = !sentence;
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLElement} */ (this.#form.querySelector(`[data-choice="${name}"]`));
  }

  /** @param {string} name @param {string} sentence */
  #note(name, sentence) {
    write(/** @type {Element} */ (this.#field(name).querySelector(".helptext")), sentence);
  }

  /** @param {string} name @param {Option[]} options @param {string} chosen */
  #fill(name, options, chosen) {
    const select = /** @type {HTMLSelectElement} */ (this.#form.elements.namedItem(name));
    fillSelect(select, options, chosen);
  }
}

/** @param {HTMLSelectElement} select @param {Option[]} options @param {string} chosen */
export function fillSelect(select, options, chosen) {
  const shown = [...select.options].map(({ value, text }) => `${value}\n${text}`).join("\n\n");
  if (shown !== options.map(({ value, label }) => `${value}\n${label}`).join("\n\n")) {
    select.replaceChildren(...options.map(({ value, label }) => new Option(label, value)));
  }
  select.value = chosen;
}

/**
 * @param {import("./devices.js").Device[]} devices
 * @param {"device.microphone" | "device.speaker"} nameless
 * @returns {Option[]}
 */
function named(devices, nameless) {
  const options = devices.map(({ id, label }, index) => ({
    value: id,
    label: label || say(nameless, { number: index + 1 }),
  }));
  return [{ value: "", label: say("device.default") }, ...options];
}
