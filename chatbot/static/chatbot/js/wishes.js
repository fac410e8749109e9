// @ts-check
/** What a user may choose of the assistant, and how a choice is told to a running call. */

import { say } from "./messages.js";

/**
 * @typedef {"voice" | "speed" | "language" | "turn_detection" | "eagerness"} Choice
 * @typedef {object} Persona
 * @property {string} slug
 * @property {string} name
 * @property {string} [description]
 * @property {string[]} permits names of what it leaves to the user; eagerness is of turn_detection
 * @property {string} voice
 * @property {number} speed
 * @property {string} language
 * @property {{type: string, [field: string]: unknown} | null} turn_detection null: push-to-talk
 * @property {string} eagerness
 *
 * @typedef {object} Choices as the server offers them
 * @property {Persona[]} personas
 * @property {string[]} voices
 * @property {[string, string][]} languages
 * @property {string[]} eagerness
 * @property {number[]} speeds
 * @property {Partial<Record<Choice | "persona", string | number | null>>} saved
 * @property {string} preferences_url
 *
 * @typedef {{value: string, label: string}} Option
 */

/** @type {Choice[]} */
export const CHOICES = ["voice", "speed", "language", "turn_detection", "eagerness"];

const SPEED = new Intl.NumberFormat(globalThis.document?.documentElement?.lang || undefined);

/** @param {number} speed */
const speedLabel = (speed) => say("choice.speed", { speed: SPEED.format(speed) });

/** A language that is found out, in lists whose "" is the persona's. */
const ANY = "any";

/** What a list shows for a saved choice. @param {Choices["saved"]} saved @param {Choice} name */
export function shownValue(saved, name) {
  const value = saved[name] ?? null;
  if (value === null) return "";
  return name === "language" && value === "" ? ANY : String(value);
}

/** A choice as the server keeps it; null leaves it to the persona. @param {Choice} name @param {string} value of a list */
export function preferenceOf(name, value) {
  if (value === "") return null;
  if (name === "speed") return Number(value);
  return value === ANY ? "" : value;
}

/** @param {Persona} persona @param {Choice} name */
export function permits({ permits: permitted }, name) {
  return permitted.includes(name === "eagerness" ? "turn_detection" : name);
}

/**
 * What can be chosen; the first is what the persona itself has.
 * @param {Choices} choices
 * @param {Persona} persona
 * @param {Choice} name
 * @returns {Option[]}
 */
export function optionsOf({ voices, speeds, languages, eagerness }, persona, name) {
  /** @param {string} value */
  const known = (value) => say(/** @type {import("./messages.js").MessageKey} */ (`choice.${value}`));
  /** @type {Record<Choice, () => Option[]>} */
  const options = {
    voice: () => voices.map((value) => ({ value, label: value[0].toUpperCase() + value.slice(1) })),
    speed: () => speeds.map((speed) => ({ value: String(speed), label: speedLabel(speed) })),
    language: () => [
      { value: ANY, label: say("choice.any") },
      ...languages.map(([value, label]) => ({ value, label })),
    ],
    turn_detection: () =>
      ["server_vad", "semantic_vad"].map((value) => ({ value, label: known(value) })),
    eagerness: () => eagerness.map((value) => ({ value, label: known(value) })),
  };
  const offered = options[name]();
  const own = name === "turn_detection" ? persona.turn_detection?.type : persona[name];
  const usual = offered.find(({ value }) => value === (String(own ?? "") || ANY));
  const label = usual ? say("choice.usual_is", { value: usual.label }) : say("choice.usual");
  return [{ value: "", label }, ...offered];
}

/** Eagerness is of the detection by meaning alone. @param {Persona} persona @param {Choices["saved"]} saved */
export function detectsMeaning(persona, saved) {
  return (saved.turn_detection || persona.turn_detection?.type) === "semantic_vad";
}

/**
 * The part of a session that makes a choice count in a running call.
 * @param {Persona} persona
 * @param {Choices["saved"]} saved the choices, the new one among them
 * @param {Choice} name
 * @returns {object | null} null: it cannot be changed in a call
 */
export function sessionOf(persona, saved, name) {
  const value = saved[name] ?? persona[name];
  if (name === "language" && !value) return null;
  if (name === "voice") return asSession({ output: { voice: value } });
  if (name === "speed") return asSession({ output: { speed: Number(value) } });
  if (name === "language") return asSession({ input: { transcription: { language: value } } });
  return asSession({ input: { turn_detection: detectionOf(persona, saved) } });
}

/** @param {object} audio */
const asSession = (audio) => ({ type: "realtime", audio });

/** @param {Persona} persona @param {Choices["saved"]} saved */
function detectionOf({ turn_detection: own, eagerness }, saved) {
  const type = saved.turn_detection || own?.type || "server_vad";
  if (type === "semantic_vad") return { type, eagerness: saved.eagerness || eagerness || "auto" };
  return own?.type === type ? own : { type };
}
