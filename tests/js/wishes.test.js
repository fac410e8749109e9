import assert from "node:assert/strict";
import test from "node:test";

import {
  detectsMeaning,
  optionsOf,
  permits,
  preferenceOf,
  sessionOf,
  shownValue,
} from "../../chatbot/static/chatbot/js/wishes.js";

const OWN = { type: "server_vad", threshold: 0.6 };
const persona = {
  slug: "assistant",
  name: "Assistant",
  permits: ["voice", "turn_detection"],
  voice: "alloy",
  speed: 1,
  language: "",
  turn_detection: OWN,
  eagerness: "auto",
};
const choices = {
  personas: [persona],
  voices: ["alloy", "marin"],
  languages: [["de", "Deutsch"]],
  eagerness: ["auto", "low"],
  speeds: [1, 1.5],
  saved: {},
  preferences_url: "/preferences/",
};
const detection = (saved) => sessionOf(persona, saved, "turn_detection").audio.input.turn_detection;

test("a persona permits what it names, and eagerness with turn detection", () => {
  assert.ok(permits(persona, "voice"));
  assert.ok(permits(persona, "eagerness"));
  assert.ok(!permits(persona, "speed"));
});

test("the first of a list is the persona's own, named", () => {
  const labels = (name) => optionsOf(choices, persona, name).map(({ label }) => label);
  assert.deepEqual(labels("voice"), ["Alloy (as usual)", "Alloy", "Marin"]);
  assert.equal(labels("language")[0], "Automatic (as usual)");
  assert.equal(optionsOf(choices, { ...persona, language: "xx" }, "language")[0].label, "As usual");
});

test("what is chosen goes to the server and comes back to the list", () => {
  for (const [name, value, kept] of [
    ["voice", "", null],
    ["voice", "marin", "marin"],
    ["speed", "1.5", 1.5],
    ["language", "any", ""],
    ["language", "de", "de"],
  ]) {
    assert.equal(preferenceOf(name, value), kept);
    assert.equal(shownValue({ [name]: kept }, name), value);
  }
});

test("a choice reaches the running call at its place in the session", () => {
  const voice = { type: "realtime", audio: { output: { voice: "marin" } } };
  assert.deepEqual(sessionOf(persona, { voice: "marin" }, "voice"), voice);
  assert.equal(sessionOf(persona, { speed: 1.5 }, "speed").audio.output.speed, 1.5);
  const german = sessionOf(persona, { language: "de" }, "language");
  assert.equal(german.audio.input.transcription.language, "de");
  assert.equal(sessionOf(persona, { language: "" }, "language"), null);
});

test("a choice taken back gives the persona's own", () => {
  assert.equal(sessionOf(persona, { voice: null }, "voice").audio.output.voice, "alloy");
  assert.deepEqual(detection({ turn_detection: null }), OWN);
});

test("detection by meaning carries its eagerness, by silence the persona's measures", () => {
  const meaning = { turn_detection: "semantic_vad", eagerness: "low" };
  assert.deepEqual(detection(meaning), { type: "semantic_vad", eagerness: "low" });
  assert.deepEqual(detection({ turn_detection: "semantic_vad" }), {
    type: "semantic_vad",
    eagerness: "auto",
  });
  assert.deepEqual(detection({ turn_detection: "server_vad" }), OWN);
  assert.ok(detectsMeaning(persona, meaning));
  assert.ok(!detectsMeaning(persona, {}));
});
