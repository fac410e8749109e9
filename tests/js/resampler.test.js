import assert from "node:assert/strict";
import test from "node:test";

import { Resampler } from "../../chatbot/static/chatbot/js/resampler.js";

const SECONDS = 0.25;

function sine(hz, rateHz) {
  const step = (2 * Math.PI * hz) / rateHz;
  return Float32Array.from({ length: rateHz * SECONDS }, (_, i) => Math.sin(step * i));
}

function convert(samples, fromHz, toHz) {
  const resampler = new Resampler(fromHz, toHz);
  const [body, tail] = [resampler.process(samples), resampler.flush()];
  return Float32Array.from([...body, ...tail]);
}

/** A sine that rises from one pitch to another in a second. */
function sweep(startHz, endHz, rateHz) {
  const rise = (endHz - startHz) / 2;
  return Float32Array.from({ length: rateHz }, (_, i) => {
    const t = i / rateHz;
    return Math.sin(2 * Math.PI * (startHz + rise * t) * t);
  });
}

/** Level against a full-scale sine in dB, without the edges, where the tone starts and stops. */
function levelDb(samples) {
  const inner = samples.subarray(samples.length / 5, (samples.length * 4) / 5);
  const power = inner.reduce((sum, sample) => sum + sample * sample, 0) / inner.length;
  return 10 * Math.log10(2 * power + 1e-20);
}

for (const fromHz of [48_000, 44_100, 96_000, 32_000]) {
  test(`from ${fromHz} Hz nothing above 12 kHz folds back above -60 dB`, () => {
    for (let hz = 12_000; hz < fromHz / 2; hz += 250) {
      const level = levelDb(convert(sine(hz, fromHz), fromHz, 24_000));
      assert.ok(level < -60, `${hz} Hz comes through at ${level.toFixed(1)} dB`);
    }
  });
}

for (const fromHz of [48_000, 44_100, 96_000, 32_000, 24_000]) {
  test(`from ${fromHz} Hz the pass band is flat within 1 dB to 10 kHz`, () => {
    for (let hz = 50; hz <= 10_000; hz += 199) {
      const level = levelDb(convert(sine(hz, fromHz), fromHz, 24_000));
      assert.ok(Math.abs(level) < 1, `${hz} Hz comes through at ${level.toFixed(2)} dB`);
    }
  });
}

for (const [fromHz, highestHz] of [[16_000, 6600], [44_100, 10_000], [48_000, 10_000], [96_000, 10_000]]) {
  test(`a sweep at ${fromHz} Hz keeps its level up to ${highestHz} Hz`, () => {
    const out = convert(sweep(100, highestHz, fromHz), fromHz, 24_000);
    for (let at = 480; at + 480 < out.length; at += 480) {
      const power = out.subarray(at, at + 480).reduce((sum, sample) => sum + sample * sample, 0) / 480;
      assert.ok(Math.abs(10 * Math.log10(2 * power)) < 1, `${at / 24} ms: ${power}`);
    }
  });
}

for (const fromHz of [44_100, 48_000, 96_000]) {
  test(`a sweep at ${fromHz} Hz above 12 kHz is silent at every moment`, () => {
    const out = convert(sweep(12_000, fromHz / 2, fromHz), fromHz, 24_000);
    for (let at = 240; at + 240 < out.length; at += 240) {
      const level = levelDb(out.subarray(at, at + 240));
      assert.ok(level < -60, `${at / 24} ms: ${level.toFixed(1)} dB`);
    }
  });
}

for (const [fromHz, hz] of [[16_000, 6000], [8000, 3000]]) {
  test(`a headset's ${fromHz} Hz becomes 24 kHz without images`, () => {
    const wanted = sine(hz, 24_000);
    const error = convert(sine(hz, fromHz), fromHz, 24_000).map((sample, i) => sample - wanted[i]);
    assert.ok(levelDb(error) < -60, `${levelDb(error)} dB`);
  });
}

for (const toHz of [48_000, 44_100, 96_000]) {
  test(`the voice at 24 kHz becomes ${toHz} Hz sample for sample in time`, () => {
    const wanted = sine(3000, toHz);
    const error = convert(sine(3000, 24_000), 24_000, toHz).map((sample, i) => sample - wanted[i]);
    assert.ok(levelDb(error) < -60, `${levelDb(error)} dB`);
  });
}

for (const [fromHz, toHz] of [[48_000, 24_000], [44_100, 24_000], [24_000, 44_100], [47_999, 24_000]]) {
  test(`${fromHz} -> ${toHz} Hz gives the same however the stream is cut`, () => {
    const samples = sine(997, fromHz);
    const whole = convert(samples, fromHz, toHz);
    assert.equal(whole.length, Math.ceil((samples.length * toHz) / fromHz));
    for (const size of [1, 128, 441]) {
      const resampler = new Resampler(fromHz, toHz);
      const pieces = [];
      for (let at = 0; at < samples.length; at += size) {
        pieces.push(...resampler.process(samples.subarray(at, at + size)));
      }
      pieces.push(...resampler.flush());
      assert.deepEqual(Float32Array.from(pieces), whole);
    }
  });
}

test("after a flush the stream starts anew", () => {
  const resampler = new Resampler(48_000, 24_000);
  const once = () => [...resampler.process(sine(440, 48_000)), ...resampler.flush()];
  assert.deepEqual(once(), once());
  assert.equal(resampler.flush().length, 0);
});
