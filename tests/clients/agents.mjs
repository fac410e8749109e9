/**
 * A call by `@openai/agents-realtime`, as it is: `node agents.mjs URL TOKEN SCENARIO SOUND.pcm`.
 * Prints one JSON object: what the session has seen.
 */

import { readFileSync } from "node:fs";
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";

const [url, apiKey, scenario, soundPath] = process.argv.slice(2);
const sound = readFileSync(soundPath);
const LIMIT_MS = 60_000;
const FRAME_BYTES = 4800;
/** Long enough for the client to believe that some of the answer was heard. */
const LISTEN_MS = 150;
const STORY = "Tell me a long story of a king, with every detail that you know.";

const seen = { events: [], errors: [], sounds: 0, interruptions: 0, rolled: [], sent: [] };

const roll = tool({
  name: "roll",
  description: "Roll a die.",
  parameters: z.object({ sides: z.number() }),
  execute: async ({ sides }) => {
    seen.rolled.push(sides);
    return "4";
  },
});

const agent = new RealtimeAgent({
  name: "Tester",
  instructions: "Be brief.",
  tools: scenario.startsWith("tool") ? [roll] : [],
});
const transport = new OpenAIRealtimeWebSocket({ url });
const session = new RealtimeSession(agent, {
  transport,
  model: "assistant",
  config: {
    outputModalities: scenario === "text" ? ["text"] : ["audio"],
    audio: { input: scenario === "push-to-talk" ? { turnDetection: null } : {} },
  },
});

const waiting = new Set();
transport.on("*", (event) => {
  seen.events.push(event.type);
  for (const check of [...waiting]) check();
});
session.on("error", (error) => seen.errors.push(JSON.stringify(error.error ?? error)));
session.on("audio", (event) => (seen.sounds += event.data.byteLength));
session.on("audio_interrupted", () => (seen.interruptions += 1));

/** Resolves once `kind` has come `count` times. */
function come(kind, count = 1) {
  return new Promise((resolve) => {
    const check = () => {
      if (seen.events.filter((type) => type === kind).length >= count) {
        waiting.delete(check);
        resolve();
      }
    };
    waiting.add(check);
    check();
  });
}

function say() {
  for (let at = 0; at < sound.length; at += FRAME_BYTES) {
    const frame = sound.subarray(at, at + FRAME_BYTES);
    session.sendAudio(frame.buffer.slice(frame.byteOffset, frame.byteOffset + frame.length));
  }
}

const SCENARIOS = {
  async voice() {
    say();
    await come("response.done");
  },
  async text() {
    session.sendMessage("What is the capital of France?");
    await come("response.done");
  },
  async "tool-offered"() {
    session.sendMessage("What is the capital of France?");
    await come("response.done");
  },
  async "push-to-talk"() {
    say();
    transport.sendEvent({ type: "input_audio_buffer.commit" });
    await come("input_audio_buffer.committed");
    transport.requestResponse();
    await come("response.done");
  },
  async interruption() {
    session.sendMessage(STORY);
    await come("response.output_audio.delta");
    await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
    say();
    await come("input_audio_buffer.speech_started");
    await come("conversation.item.truncated");
    await come("response.done", 2);
  },
  async tool() {
    session.sendMessage("Roll the dice.");
    await come("response.done", 2);
  },
};

setTimeout(() => {
  console.error(`${scenario} took too long: ${JSON.stringify(seen)}`);
  process.exit(1);
}, LIMIT_MS).unref();

await session.connect({ apiKey });
await come("session.updated");
await SCENARIOS[scenario]();
seen.history = session.history;
console.log(JSON.stringify(seen));
session.close();
