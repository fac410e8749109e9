import assert from "node:assert/strict";
import test from "node:test";

import { Talk } from "../../chatbot/static/chatbot/js/talk.js";

const FRAME = new Uint8Array(1920).fill(7).buffer;
const nothing = async () => {};

function held(mode = "push-to-talk") {
  const clock = { ms: 0 };
  return { clock, talk: new Talk(mode, () => clock.ms) };
}

test("hands-free, every frame goes out", () => {
  const { talk } = held("hands-free");
  assert.equal(talk.frame(FRAME), FRAME);
});

test("muted, silence of the same length goes out", () => {
  const { talk } = held("hands-free");
  talk.muted = true;
  assert.deepEqual(new Uint8Array(talk.frame(FRAME)), new Uint8Array(1920));
  talk.muted = false;
  assert.equal(talk.frame(FRAME), FRAME);
});

test("with push-to-talk, frames go out while the button is held, to the last one", async () => {
  const { clock, talk } = held();
  assert.equal(talk.frame(FRAME), null);
  assert.equal(talk.press(), true);
  assert.equal(talk.press(), false);
  for (let i = 0; i < 10; i++) assert.equal(talk.frame(FRAME), FRAME);
  clock.ms += 400;
  let last = null;
  const release = await talk.release(async () => {
    last = talk.frame(FRAME);
  });
  assert.equal(last, FRAME);
  assert.equal(release, "commit");
  assert.equal(talk.frame(FRAME), null);
});

test("a slip of the hand is no turn, nor is a press in which nothing was recorded", async () => {
  const { clock, talk } = held();
  talk.press();
  for (let i = 0; i < 10; i++) talk.frame(FRAME);
  clock.ms += 199;
  assert.equal(await talk.release(nothing), "clear");
  talk.press();
  talk.frame(FRAME);
  clock.ms += 5000;
  assert.equal(await talk.release(nothing), "clear");
  assert.equal(await talk.release(nothing), "nothing");
});

test("letting go twice sends once", async () => {
  const { clock, talk } = held();
  talk.press();
  for (let i = 0; i < 10; i++) talk.frame(FRAME);
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
