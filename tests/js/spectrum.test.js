import assert from "node:assert/strict";
import test from "node:test";

import { BANDS, Spectrum } from "../../chatbot/static/chatbot/js/spectrum.js";

const sine = (hz, gain = 1) =>
  Float32Array.from({ length: 480 }, (_, i) => gain * Math.sin((2 * Math.PI * hz * i) / 24_000));
const levelsOf = (samples) => [...new Spectrum().levels(samples)];
const loudest = (levels) => levels.indexOf(Math.max(...levels));

test("higher tones are loudest in higher bands, from the first to the last", () => {
  const bands = [300, 700, 1500, 3000, 6500].map((hz) => loudest(levelsOf(sine(hz))));
  assert.deepEqual(bands, [...bands].sort((a, b) => a - b));
  assert.deepEqual([bands[0], bands.at(-1)], [0, BANDS - 1]);
});

test("bands apart from a tone are more than 60 dB below it", () => {
  const levels = levelsOf(sine(3000));
  levels.forEach((level, band) => {
    if (Math.abs(band - loudest(levels)) > 1) assert.ok(level < levels[loudest(levels)] - 60);
  });
});

test("half the amplitude is 6 dB less, and silence a number, too", () => {
  const [whole, half] = [1, 0.5].map((gain) => Math.max(...levelsOf(sine(1000, gain))));
  assert.ok(Math.abs(whole - half - 6.02) < 0.01);
  assert.ok(levelsOf(new Float32Array(480)).every((level) => level < -100 && level > -200));
});

test("the last 20 ms count, however they came", () => {
  const spectrum = new Spectrum();
  spectrum.levels(sine(300));
  spectrum.levels(sine(3000).subarray(0, 240));
  assert.deepEqual([...spectrum.levels(sine(3000).subarray(240))], levelsOf(sine(3000)));
});
