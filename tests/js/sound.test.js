import assert from "node:assert/strict";
import test, { mock } from "node:test";

globalThis.document = new EventTarget();
const { Sound } = await import("../../chatbot/static/chatbot/js/sound.js");

class FakeContext extends EventTarget {
  resumed = 0;

  constructor(state) {
    super();
    this.state = state;
  }

  async resume() {
    this.resumed += 1;
  }

  become(state) {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

function sounding(state) {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const told = [];
  const context = new FakeContext(state);
  const sound = new Sound(context, (isBlocked) => told.push(isBlocked));
  return { context, sound, told };
}

test("a context that starts at once is no news", () => {
  const { context, sound, told } = sounding("suspended");
  assert.equal(context.resumed, 1);
  context.become("running");
  mock.timers.tick(1000);
  assert.deepEqual(told, []);
  sound.end();
});

test("a browser that plays nothing without a tap is said, and the tap goes on", () => {
  const { context, sound, told } = sounding("suspended");
  mock.timers.tick(1000);
  assert.deepEqual(told, [true]);
  const before = context.resumed;
  document.dispatchEvent(new Event("pointerdown"));
  assert.equal(context.resumed, before + 1);
  context.become("running");
  assert.deepEqual(told, [true, false]);
  sound.end();
});

test("a phone call stops the sound, and its end or a tap brings it back", () => {
  const { context, sound, told } = sounding("running");
  context.become("interrupted");
  assert.deepEqual(told, [true]);
  const before = context.resumed;
  document.dispatchEvent(new Event("visibilitychange"));
  document.dispatchEvent(new Event("keydown"));
  assert.equal(context.resumed, before + 2);
  context.become("running");
  assert.deepEqual(told, [true, false]);
  sound.end();
});

test("after the call nobody asks any more", () => {
  const { context, sound, told } = sounding("running");
  sound.end();
  context.become("closed");
  document.dispatchEvent(new Event("pointerdown"));
  assert.deepEqual(told, []);
  assert.equal(context.resumed, 0);
});
