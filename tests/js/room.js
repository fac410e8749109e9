/** A room with a loudspeaker, a microphone and a user in it; all at 24 kHz, in blocks of 10 ms. */

import { readFileSync } from "node:fs";

import { Resampler } from "../../chatbot/static/chatbot/js/resampler.js";

const RATE_HZ = 24_000;
const BLOCK = 240;
/** Power of speech while it sounds. */
const SPEECH = 0.01;

const db = (level) => 10 ** (level / 20);

/** One sample of G.711 mu-law. */
function fromMulaw(byte) {
  const code = ~byte & 0xff;
  const magnitude = (((code & 15) << 3) + 132) << ((code >> 4) & 7);
  return ((code & 0x80 ? -1 : 1) * (magnitude - 132)) / 32_768;
}

/** Real speech out of tests/js/speech/, all as loud as each other. */
function speech(name) {
  const bytes = readFileSync(new URL(`speech/${name}.wav`, import.meta.url)).subarray(46);
  const resampler = new Resampler(16_000, RATE_HZ);
  const samples = resampler.process(Float32Array.from(bytes, fromMulaw));
  const powers = blocksOf(samples).map(powerOf).filter((power) => power > 1e-4);
  const power = powers.reduce((sum, one) => sum + one, 0) / powers.length;
  return samples.map((sample) => sample * Math.sqrt(SPEECH / power));
}

function* numbers(seed) {
  for (;;) yield (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
}

/** Noise of power 1. */
function noise(length, random) {
  const next = () => random.next().value;
  return Float32Array.from({ length }, () => (next() + next() + next() + next() - 2) * Math.sqrt(3));
}

/** Delays in samples and gains of what a room gives back, of power 1 in all. */
function reflections(seconds, random) {
  const taps = [[0, 1]];
  for (let i = 0; i < 150; i++) {
    const at = Math.floor(random.next().value * seconds * RATE_HZ);
    taps.push([at, 0.25 * (random.next().value - 0.5) * db((-60 * at) / (seconds * RATE_HZ))]);
  }
  const power = taps.reduce((sum, [, gain]) => sum + gain * gain, 0);
  return taps.map(([at, gain]) => [at, gain / Math.sqrt(power)]);
}

/** A small loudspeaker has no bass. */
function withoutBass(samples) {
  let [before, out] = [0, 0];
  return samples.map((sample) => {
    out = 0.94 * (out + sample - before);
    before = sample;
    return out;
  });
}

export function blocksOf(samples) {
  return Array.from({ length: Math.floor(samples.length / BLOCK) }, (_, i) =>
    samples.subarray(i * BLOCK, (i + 1) * BLOCK),
  );
}

export function powerOf(samples) {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
}

/**
 * The assistant speaks twice, from 0.5 s and from 8 s on.
 * @param {{echoDb?: number, delayMs?: number, reverbSeconds?: number, noiseDb?: number,
 *   userDb?: number, userAt?: number[], turnedUpDb?: number}} room the echo's level in the
 *   microphone against that of the loudspeaker; the user's, who speaks at these seconds, against
 *   the same; how much louder the echo is from 3 s on
 */
export function scene({
  echoDb = -200,
  delayMs = 120,
  reverbSeconds = 0.3,
  noiseDb = -62,
  userDb = 0,
  userAt = [],
  turnedUpDb = 0,
}) {
  const random = numbers(7);
  const played = new Float32Array(15 * RATE_HZ);
  const user = new Float32Array(played.length);
  for (const at of [0.5, 8]) played.set(speech("assistant"), at * RATE_HZ);
  const userGain = db(userDb);
  for (const at of userAt) user.set(speech("user").map((x) => x * userGain), at * RATE_HZ);
  const source = withoutBass(played).map((sample) => sample * db(echoDb));
  const echo = new Float32Array(played.length);
  for (const [at, gain] of reflections(reverbSeconds, random)) {
    const shift = at + (delayMs * RATE_HZ) / 1000;
    for (let i = shift; i < echo.length; i++) echo[i] += source[i - shift] * gain;
  }
  const turnedUp = db(turnedUpDb);
  echo.subarray(3 * RATE_HZ).forEach((sample, i, rest) => (rest[i] = sample * turnedUp));
  const hiss = db(noiseDb);
  const heard = noise(played.length, random).map((sample, i) => sample * hiss + echo[i] + user[i]);
  const isUser = blocksOf(user).map((block) => powerOf(block) > SPEECH * userGain ** 2 * 0.003);
  const isEcho = blocksOf(echo).map((block) => powerOf(block) > 4 * hiss ** 2);
  return { played, heard, isUser, isEcho };
}

/** What a gate lets through of a scene. */
export function through(gate, { heard, played }) {
  const parts = [];
  for (let at = 0; at < heard.length; at += 64) {
    parts.push(gate.process(heard.subarray(at, at + 64), played.subarray(at, at + 64)));
  }
  parts.push(gate.flush());
  const out = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Shares of blocks: of the echo that passed, apart from what passed with the user's words and just
 * before and after them, and of the user's voice that was lost; and after how long each of the
 * user's utterances was let through.
 */
export function judge({ isUser, isEcho }, out) {
  const passes = blocksOf(out).map((block) => block.some((sample) => sample !== 0));
  const count = (wanted) => isUser.filter((_, i) => wanted(i)).length;
  const withUser = (i) => isUser.slice(Math.max(0, i - 50), i + 16).some(Boolean);
  const isAlone = (i) => isEcho[i] && !withUser(i);
  const begins = (i) => isUser[i] && !isUser.slice(Math.max(0, i - 50), i).some(Boolean);
  return {
    passed: count((i) => isAlone(i) && passes[i]) / Math.max(1, count(isAlone)),
    lost: count((i) => isUser[i] && !passes[i]) / Math.max(1, count((i) => isUser[i])),
    onsetsMs: isUser.flatMap((_, i) => (begins(i) ? [passes.slice(i).indexOf(true) * 10] : [])),
  };
}
