import assert from "node:assert/strict";
import test from "node:test";

import { Talk } from "../../chatbot/static/chatbot/js/talk.js";

const FRAME = new Uint8Array(1920).fill(7).buffer;
/** Levels, as root mean square. */
const VOICE = 0.05;
const ROOM = 0.0005;
const nothing = async () => {};

function held(mode = "push-to-talk") {
  const clock = { ms: 0 };
  return { clock, talk: new Talk(mode, () => clock.ms) };
}

test("hands-free, every frame goes out", () => {
  const { talk } = held("hands-free");
  assert.equal(talk.frame(FRAME, VOICE), FRAME);
});

test("muted, silence of the same length goes out", () => {
  const { talk } = held("hands-free");
  talk.muted = true;
  assert.deepEqual(new Uint8Array(talk.frame(FRAME, VOICE)), new Uint8Array(1920));
  talk.muted = false;
  assert.equal(talk.frame(FRAME, VOICE), FRAME);
});

test("with push-to-talk, frames go out while the button is held, to the last one", async () => {
  const { clock, talk } = held();
  assert.equal(talk.frame(FRAME, VOICE), null);
  assert.equal(talk.press(), true);
  assert.equal(talk.press(), false);
  for (let i = 0; i < 10; i++) assert.equal(talk.frame(FRAME, VOICE), FRAME);
  clock.ms += 400;
  let last = null;
  const release = await talk.release(async () => {
    last = talk.frame(FRAME, VOICE);
  });
  assert.equal(last, FRAME);
  assert.equal(release, "commit");
  assert.equal(talk.frame(FRAME, VOICE), null);
});

test("a slip of the hand is no turn, nor is a press in which nothing was recorded", async () => {
  const { clock, talk } = held();
  talk.press();
  for (let i = 0; i < 10; i++) talk.frame(FRAME, VOICE);
  clock.ms += 199;
  assert.equal(await talk.release(nothing), "clear");
  talk.press();
  talk.frame(FRAME, VOICE);
  clock.ms += 5000;
  assert.equal(await talk.release(nothing), "clear");
  assert.equal(await talk.release(nothing), "nothing");
});

test("letting go twice sends once", async () => {
  const { clock, talk } = held();
  talk.press();
  for (let i = 0; i < 10; i++) talk.frame(FRAME, VOICE);
  clock.ms += 400;
  const releases = await Promise.all([talk.release(nothing), talk.release(nothing)]);
  assert.deepEqual(releases, ["commit", "nothing"]);
});

test("another mode lets the button go, without a turn", async () => {
  const { talk } = held();
  talk.press();
  assert.equal(talk.pressed, true);
  talk.mode = "hands-free";
  assert.equal(talk.pressed, false);
  assert.equal(await talk.release(nothing), "nothing");
  assert.equal(talk.press(), false);
});

async function pressed(talk, clock, levels) {
  talk.press();
  for (const level of levels) talk.frame(FRAME, level);
  clock.ms += levels.length * 40;
  return talk.release(nothing);
}

test("a press in which nobody speaks is silent, though a key clicks", async () => {
  const { clock, talk } = held();
  assert.equal(await pressed(talk, clock, Array(25).fill(ROOM)), "silent");
  assert.equal(await pressed(talk, clock, [VOICE, VOICE, ...Array(23).fill(ROOM)]), "silent");
  assert.equal(await pressed(talk, clock, [...Array(22).fill(ROOM), VOICE, VOICE, VOICE]), "commit");
});

test("a voice stands out from the noise that was there before the press", async () => {
  const { clock, talk } = held();
  const noise = Array.from({ length: 25 }, (_, i) => 0.01 + 0.004 * (i % 2));
  for (const level of noise) talk.frame(FRAME, level);
  assert.equal(await pressed(talk, clock, noise), "silent");
  assert.equal(await pressed(talk, clock, [...noise, ...Array(5).fill(0.025)]), "commit");
});

test("whatever the noise, a loud voice is sent", async () => {
  const { clock, talk } = held();
  const noise = Array(50).fill(0.04);
  for (const level of noise) talk.frame(FRAME, level);
  assert.equal(await pressed(talk, clock, noise), "commit");
});

test("muted, nobody speaks", async () => {
  const { clock, talk } = held();
  talk.muted = true;
  assert.equal(await pressed(talk, clock, Array(25).fill(VOICE)), "silent");
});
