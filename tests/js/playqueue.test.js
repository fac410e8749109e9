import assert from "node:assert/strict";
import test from "node:test";

import { PlaybackQueue } from "../../chatbot/static/chatbot/js/playqueue.js";

const QUANTUM = 128;
/** The samples of a fade of 5 ms at 24 kHz. */
const FADE = 120;

const key = (itemId, generation = 0) => ({ generation, itemId, contentIndex: 0 });
const tone = (ms, value = 8192) => new Int16Array(ms * 24).fill(value);

/** The greatest step from a sample to the next, from silence before the first. */
const greatestStep = (samples) =>
  samples.reduce((greatest, sample, i) => Math.max(greatest, Math.abs(sample - (samples[i - 1] ?? 0))), 0);

/** Everything that `ms` of rendering gives, quantum by quantum. */
function play(queue, ms, rateHz = 24_000) {
  const out = [];
  for (let n = 0; n < (ms * rateHz) / 1000; n += QUANTUM) {
    const quantum = new Float32Array(QUANTUM);
    queue.read(quantum);
    out.push(...quantum);
  }
  return out;
}

test("it waits for a cushion of 80 ms", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(60));
  assert.ok(play(queue, 20).every((sample) => sample === 0));
  queue.push(key("a"), tone(20));
  assert.ok(play(queue, 20).some((sample) => sample !== 0));
});

test("a short answer that is complete needs no cushion", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(40));
  queue.finish();
  const sound = play(queue, 60);
  assert.deepEqual(sound.slice(FADE, 960), new Array(960 - FADE).fill(0.25));
  assert.ok(sound.slice(960 + FADE).every((sample) => sample === 0));
  assert.deepEqual(queue.takeSettled(), [{ key: key("a"), playedMs: 40, state: "ended" }]);
  assert.equal(queue.active, false);
  assert.equal(queue.underRuns, 0);
});

test("chunks follow each other without a gap", () => {
  const queue = new PlaybackQueue(24_000);
  for (let i = 0; i < 10; i++) queue.push(key("a"), tone(33));
  const out = play(queue, 300);
  assert.ok(out.slice(FADE, 7000).every((sample) => sample === 0.25));
});

test("an under-run is counted once, slopes to silence and gathers a new cushion", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(100));
  const out = play(queue, 200);
  const end = out.findIndex((sample, i) => i >= 2400 && sample === 0);
  assert.ok(end <= 2400 + FADE);
  assert.equal(queue.underRuns, 1);
  assert.equal(queue.active, true);
  queue.push(key("a"), tone(40));
  assert.ok(play(queue, 20).every((sample) => sample === 0));
  assert.equal(queue.cushionMs, 120, "a larger one than before");
  queue.push(key("a"), tone(40));
  assert.ok(play(queue, 20).every((sample) => sample === 0));
  queue.push(key("a"), tone(40));
  queue.finish();
  play(queue, 200);
  assert.equal(queue.underRuns, 1);
  assert.equal(queue.takeSettled()[0].playedMs, 220);
});

test("the end may be told after the last sample was played", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(100));
  play(queue, 200);
  assert.deepEqual(queue.takeSettled(), []);
  queue.finish();
  play(queue, 10);
  assert.equal(queue.takeSettled()[0].playedMs, 100);
});

test("positions count each item from its own first sample", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(100));
  queue.push(key("b"), tone(100));
  play(queue, 128);
  assert.deepEqual(queue.takeSettled(), [{ key: key("a"), playedMs: 100, state: "ended" }]);
  assert.equal(queue.position.key.itemId, "b");
  assert.equal(queue.position.playedMs, 28);
});

for (const rateHz of [24_000, 44_100, 48_000]) {
  test(`at ${rateHz} Hz the position of a finished item is its length`, () => {
    const queue = new PlaybackQueue(rateHz);
    for (let i = 0; i < 30; i++) queue.push(key("a"), tone(37));
    queue.finish();
    play(queue, 1200, rateHz);
    assert.ok(Math.abs(queue.takeSettled()[0].playedMs - 1110) < 0.1);
  });
}

test("a flush is silent within 5 ms and tells what was played", () => {
  const queue = new PlaybackQueue(48_000);
  queue.push(key("a", 3), tone(500));
  play(queue, 200, 48_000);
  const { playedMs, ...cut } = queue.flush();
  assert.deepEqual(cut, { key: key("a", 3), state: "interrupted" });
  assert.ok(playedMs >= 200 && playedMs < 210, String(playedMs));
  const out = play(queue, 100, 48_000);
  assert.ok(out.slice(240).every((sample) => sample === 0));
  const steps = out.slice(1, 240).map((sample, i) => Math.abs(sample - out[i]));
  assert.ok(Math.max(...steps) < 0.01, "the fade has no click");
  assert.equal(queue.active, false);
});

test("a flush before the first sample tells 0 ms", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(60));
  assert.deepEqual(queue.flush(), { key: key("a"), playedMs: 0, state: "interrupted" });
});

test("a flush of nothing cuts nothing", () => {
  assert.equal(new PlaybackQueue(48_000).flush(), null);
});

test("after a flush the next answer counts from 0", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(500));
  play(queue, 200);
  queue.flush();
  queue.push(key("b", 1), tone(100));
  play(queue, 64);
  assert.equal(queue.position.key.itemId, "b");
  assert.ok(queue.position.playedMs <= 64);
});

for (const rateHz of [24_000, 44_100, 48_000]) {
  test(`at ${rateHz} Hz nothing clicks: not the start, an under-run, a pause or a flush`, () => {
    const queue = new PlaybackQueue(rateHz);
    const out = [];
    for (const event of ["", "", "pause", "resume", "", "flush", ""]) {
      if (!event) queue.push(key("a"), tone(130));
      else queue[event]();
      out.push(...play(queue, 150, rateHz));
    }
    const flat = 0.25;
    assert.ok(out.includes(flat));
    assert.ok(greatestStep(out) < (2 * flat) / (rateHz * 0.005), String(greatestStep(out)));
  });
}

test("a pause is silent within 5 ms, and what follows it begins where it stopped", () => {
  const queue = new PlaybackQueue(24_000);
  const ramp = Int16Array.from({ length: 24_000 }, (_, i) => i);
  queue.push(key("a"), ramp);
  queue.finish();
  play(queue, 256);
  const { playedMs } = queue.pause();
  const samples = (playedMs * 24_000) / 1000;
  assert.equal(queue.paused, true);
  assert.equal(queue.active, true);
  assert.ok(play(queue, 500).slice(FADE).every((sample) => sample === 0));
  assert.deepEqual(queue.position, { key: key("a"), playedMs });
  queue.resume();
  const out = play(queue, 100);
  assert.equal(out[FADE] * 32_768, samples + FADE, "no sample is lost or said twice");
  play(queue, 1000);
  assert.equal(queue.takeSettled()[0].playedMs, 1000);
});

test("sound that comes during a pause waits its turn, however much it is", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(200));
  play(queue, 100);
  queue.pause();
  queue.push(key("a"), tone(500));
  assert.ok(play(queue, 500).slice(FADE).every((sample) => sample === 0));
  assert.equal(queue.underRuns, 0);
  queue.finish();
  queue.resume();
  play(queue, 700);
  assert.equal(queue.takeSettled()[0].playedMs, 700);
});

test("a flush ends a pause and tells where it was", () => {
  const queue = new PlaybackQueue(24_000);
  queue.push(key("a"), tone(500));
  play(queue, 200);
  const { playedMs } = queue.pause();
  assert.deepEqual(queue.flush(), { key: key("a"), playedMs, state: "interrupted" });
  assert.equal(queue.paused, false);
  queue.push(key("b", 1), tone(100));
  assert.ok(play(queue, 100).includes(0.25));
});

test("nothing to pause is no pause", () => {
  const queue = new PlaybackQueue(24_000);
  assert.equal(queue.pause(), null);
  assert.equal(queue.paused, false);
});

test("a resume and a flush within one fade do not click", () => {
  const queue = new PlaybackQueue(48_000);
  queue.push(key("a"), tone(500));
  const out = play(queue, 200, 48_000);
  for (const event of ["pause", "resume", "flush"]) {
    queue[event]();
    const quantum = new Float32Array(QUANTUM);
    queue.read(quantum);
    out.push(...quantum);
  }
  out.push(...play(queue, 20, 48_000));
  assert.ok(greatestStep(out) < 0.002, String(greatestStep(out)));
  assert.equal(out.at(-1), 0);
});

test("a five-minute answer that comes with jitter, as fast as it is said, is played without a gap", () => {
  const queue = new PlaybackQueue(24_000);
  const quantum = new Float32Array(QUANTUM);
  let [pushed, silent, seed] = [0, 0, 1];
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const arrivals = Array.from({ length: 7500 }, (_, i) => i * 40 + random() * 40);
  for (let ms = 0; ms < 300_500; ms += QUANTUM / 24) {
    for (; arrivals[pushed] <= ms; pushed++) queue.push(key("a"), tone(40));
    if (pushed === arrivals.length) queue.finish();
    queue.read(quantum);
    if (pushed > 4 && ms < 300_000 && quantum.every((sample) => sample === 0)) silent += 1;
  }
  assert.equal(queue.underRuns, 0);
  assert.equal(silent, 0);
  assert.ok(Math.abs(queue.takeSettled()[0].playedMs - 300_000) < 0.1);
});
