import assert from "node:assert/strict";
import test from "node:test";

import { fromPcm16, rms, toPcm16 } from "../../chatbot/static/chatbot/js/audio.js";
import { Framer } from "../../chatbot/static/chatbot/js/framer.js";

test("frames hold 40 ms and nothing is lost between them", () => {
  const framer = new Framer();
  const samples = Float32Array.from({ length: 2500 }, (_, i) => i / 32_767);
  const frames = [0, 700, 1400, 2100].flatMap((at) => framer.push(samples.subarray(at, at + 700)));
  frames.push(...framer.flush());
  assert.deepEqual(frames.map(({ pcm }) => pcm.byteLength), [1920, 1920, 1160]);
  const joined = frames.flatMap(({ pcm }) => [...new Int16Array(pcm)]);
  assert.deepEqual(joined, Array.from({ length: 2500 }, (_, i) => i));
});

test("a flush with nothing left gives no frame", () => {
  const framer = new Framer();
  assert.equal(framer.push(new Float32Array(960)).length, 1);
  assert.deepEqual(framer.flush(), []);
});

test("what is too loud is clipped, not wrapped", () => {
  assert.deepEqual([...toPcm16(Float32Array.of(2, -2, 1, 0))], [32_767, -32_767, 32_767, 0]);
});

test("PCM16 keeps samples within one step", () => {
  const samples = Float32Array.of(0.5, -0.25, 0.001);
  fromPcm16(toPcm16(samples)).forEach((sample, i) => {
    assert.ok(Math.abs(sample - samples[i]) < 1 / 16_384);
  });
});

test("the level of silence is 0, of a square wave 1", () => {
  assert.equal(rms(new Float32Array(10)), 0);
  assert.equal(rms(new Float32Array(0)), 0);
  assert.equal(rms(Float32Array.of(1, -1, 1, -1)), 1);
});
