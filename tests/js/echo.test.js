import assert from "node:assert/strict";
import test from "node:test";

import { EchoGate } from "../../chatbot/static/chatbot/js/echo.js";
import { blocksOf, judge, scene, through } from "./room.js";

const ROOMS = {
  "a laptop on a desk": { echoDb: -10, delayMs: 120 },
  "a loudspeaker as loud as the user": { echoDb: 0, delayMs: 60 },
  "a loudspeaker louder than the user": { echoDb: 0, userDb: -6, delayMs: 90 },
  "a large room, with a wireless loudspeaker": { echoDb: -6, delayMs: 330, reverbSeconds: 0.6 },
  "a telephone on a table": { echoDb: -4, delayMs: 10, reverbSeconds: 0.15 },
  "a noisy room": { echoDb: -10, delayMs: 150, noiseDb: -45 },
  "a room that hardly answers": { echoDb: -25, delayMs: 200, reverbSeconds: 0.4 },
};
const USER_AT = [3, 9, 12];

const isSame = (one, other) => Buffer.compare(Buffer.from(one.buffer), Buffer.from(other.buffer)) === 0;
const percent = (share) => `${(100 * share).toFixed(1)} %`;

for (const [name, room] of Object.entries(ROOMS)) {
  test(`in ${name} the assistant does not hear itself`, () => {
    const gate = new EchoGate();
    const quiet = scene(room);
    const { passed } = judge(quiet, through(gate, quiet));
    assert.ok(passed < 0.01, `${percent(passed)} of the echo passes`);
    assert.equal(gate.state.coupled, true);
    assert.ok(Math.abs(gate.state.delayMs - room.delayMs) <= 20, `${gate.state.delayMs} ms`);
  });

  test(`in ${name} the user is heard over the assistant, from the first syllable on`, (t) => {
    const talk = scene({ ...room, userAt: USER_AT });
    const out = through(new EchoGate(), talk);
    const { passed, lost, onsetsMs } = judge(talk, out);
    t.diagnostic(`echo ${percent(passed)}, lost ${percent(lost)}, onsets ${onsetsMs} ms`);
    assert.ok(passed < 0.01, `${percent(passed)} of the echo passes`);
    assert.ok(lost < 0.03, `${percent(lost)} of the user's voice is lost`);
    assert.equal(onsetsMs.length, USER_AT.length);
    assert.ok(Math.max(...onsetsMs) <= 60, `${onsetsMs} ms are lost of the beginnings`);
  });
}

test("what passes is what was heard, in its place, and nothing is added or left out", () => {
  const talk = scene({ ...ROOMS["a laptop on a desk"], userAt: USER_AT });
  const out = through(new EchoGate(), talk);
  assert.equal(out.length, talk.heard.length);
  const heard = blocksOf(talk.heard);
  blocksOf(out).forEach((block, i) => {
    if (block.some((sample) => sample !== 0)) assert.deepEqual(block, heard[i]);
  });
});

test("with headphones everything passes, whoever speaks", () => {
  for (const userAt of [[], [3, 9], [0.3, 4], [0.6, 12]]) {
    const alone = scene({ userAt });
    assert.ok(isSame(through(new EchoGate(), alone), alone.heard), `the user speaks at ${userAt}`);
  }
});

test("while nothing plays, each full 10 ms pass at once", () => {
  const { heard } = scene({ userAt: [0.1] });
  const gate = new EchoGate();
  for (const block of blocksOf(heard)) {
    assert.deepEqual(gate.process(block, new Float32Array(block.length)), block);
  }
});

test("when the loudspeaker is turned up by hand, it is recognised again", () => {
  const louder = scene({ echoDb: -20, turnedUpDb: 15 });
  const { isEcho, isUser } = louder;
  const out = through(new EchoGate(), louder);
  const later = { isEcho: isEcho.map((echo, i) => echo && i > 700), isUser };
  assert.ok(judge(later, out).passed < 0.01, percent(judge(later, out).passed));
});

test("a headset that is put on is noticed once the gate is told", () => {
  const gate = new EchoGate();
  through(gate, scene({ echoDb: -10 }));
  gate.forget();
  const alone = scene({ userAt: [3] });
  assert.ok(isSame(through(gate, alone), alone.heard));
  assert.equal(gate.state.coupled, false);
});
