/** What tests do with the page's audio modules in a real browser; `window.rig` when it is ready. */

const manifest = await (await fetch("/static/staticfiles.json")).json();
const address = (path) => `/static/${manifest.paths[`chatbot/js/${path}`]}`;
const { Playback } = await import(address("playback.js"));
const { Capture } = await import(address("capture.js"));
const { Devices } = await import(address("devices.js"));

const RECORDER = `registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([[samples]]) {
    this.port.postMessage(samples?.slice() ?? new Float32Array(128));
    return true;
  }
});`;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(isSo) {
  while (!isSo()) await pause(10);
}

/** A loudspeaker whose every sample is kept. */
async function loudspeaker() {
  const context = new AudioContext();
  await context.resume();
  const told = { ended: [], statuses: [] };
  const playback = new Playback({
    status: (status) => told.statuses.push(status),
    ended: (settled) => told.ended.push(settled),
  });
  await playback.load(context, address("worklets/playback.js"));
  await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(RECORDER)}`);
  const recorder = new AudioWorkletNode(context, "recorder");
  const pieces = [];
  recorder.port.onmessage = ({ data }) => pieces.push(data);
  playback.output.connect(recorder).connect(new GainNode(context, { gain: 0 })).connect(context.destination);
  const samples = () => pieces.flatMap((piece) => [...piece]);
  return { context, playback, samples, told };
}

/** `ms` of PCM16 in frames of 40 ms. */
function frames(ms, sampleAt) {
  return Array.from({ length: ms / 40 }, (_, n) =>
    Int16Array.from({ length: 960 }, (_, i) => 32_767 * sampleAt(n * 960 + i)),
  );
}

const HZ = 500;
const tone = (i) => 0.5 * Math.sin((2 * Math.PI * HZ * i) / 24_000);

function say(playback, itemId, generation, sound) {
  playback.header({ generation, item_id: itemId, content_index: 0 });
  for (const frame of sound) playback.audio(frame.slice().buffer);
}

const heardMs = ({ told }) => told.statuses.at(-1)?.playedMs ?? 0;

/** Runs of sound: when each began and ended, and how far it strays from a pure tone, in its middle. */
function soundsOf(samples, rateHz) {
  const runs = [];
  const gap = rateHz / 50;
  let last = -Infinity;
  samples.forEach((sample, i) => {
    if (Math.abs(sample) < 1e-4) return;
    if (i - last > gap) runs.push([i, i]);
    runs.at(-1)[1] = last = i;
  });
  const turn = 2 * Math.cos((2 * Math.PI * HZ) / rateHz);
  const edge = Math.ceil(rateHz / 100);
  return runs.map(([start, end]) => {
    let stray = 0;
    for (let i = start + edge; i < end - edge; i++) {
      stray = Math.max(stray, Math.abs(samples[i] - turn * samples[i - 1] + samples[i - 2]));
    }
    return { startMs: (start / rateHz) * 1000, ms: ((end - start) / rateHz) * 1000, stray };
  });
}

async function result(speaker) {
  const { context, samples, told } = speaker;
  await pause(300);
  const all = samples();
  const step = all.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (all[i - 1] ?? 0))), 0);
  const { underRuns } = told.statuses.at(-1);
  const sounds = soundsOf(all, context.sampleRate);
  await context.close();
  return { sounds, step: (step * context.sampleRate) / 1000, ended: told.ended, underRuns };
}

window.rig = {
  /** A whole answer of a pure tone. */
  async answer(ms) {
    const speaker = await loudspeaker();
    say(speaker.playback, "a", 0, frames(ms, tone));
    speaker.playback.finish();
    await until(() => speaker.told.ended.length);
    return result(speaker);
  },

  /** The same, paused after 300 ms and played on. */
  async paused(ms) {
    const speaker = await loudspeaker();
    say(speaker.playback, "a", 0, frames(ms, tone));
    speaker.playback.finish();
    await until(() => heardMs(speaker) > 300);
    const position = await speaker.playback.pause();
    await pause(300);
    speaker.playback.resume();
    await until(() => speaker.told.ended.length);
    return { position, ...(await result(speaker)) };
  },

  /** An answer cut after 300 ms; what comes of its generation then stays unheard. */
  async cut() {
    const speaker = await loudspeaker();
    say(speaker.playback, "a", 0, frames(2000, tone));
    await until(() => heardMs(speaker) > 300);
    const asked = speaker.context.currentTime;
    const cut = await speaker.playback.flush();
    const answeredMs = (speaker.context.currentTime - asked) * 1000;
    say(speaker.playback, "a", 0, frames(2000, tone));
    return { cut, answeredMs, ...(await result(speaker)) };
  },

  /** How long the sound goes on after it is told to stop, by the clock of the sound. */
  async stop() {
    const speaker = await loudspeaker();
    say(speaker.playback, "a", 0, frames(4000, tone));
    await until(() => heardMs(speaker) > 300);
    const askedMs = heardMs(speaker);
    const asked = speaker.context.currentTime;
    const cut = await speaker.playback.flush();
    const answered = speaker.context.currentTime;
    await speaker.context.close();
    return { afterMs: cut.playedMs - askedMs, answerMs: (answered - asked) * 1000 };
  },

  /** An answer that comes in frames of 40 ms, each up to `jitterMs` late, rendered in one go. */
  async long(seconds, jitterMs) {
    const rateHz = 48_000;
    const context = new OfflineAudioContext(1, rateHz * (seconds + 1), rateHz);
    const told = { ended: [], status: { underRuns: 0 } };
    const playback = new Playback({
      status: (status) => (told.status = status),
      ended: (settled) => told.ended.push(settled),
    });
    await playback.load(context, address("worklets/playback.js"));
    const sound = frames(seconds * 1000, tone);
    // Each is late by itself, but none overtakes another.
    const dueMs = sound.map((_, n) => n * 40 + Math.random() * jitterMs);
    dueMs.forEach((ms, n) => (dueMs[n] = Math.max(ms, dueMs[n - 1] ?? 0)));
    let sent = 0;
    const feedUntil = (ms) => {
      for (; dueMs[sent] <= ms; sent++) say(playback, "a", 0, [sound[sent]]);
      if (sent === sound.length) playback.finish();
    };
    for (let ms = 10; ms < (seconds + 1) * 1000; ms += 10) {
      context.suspend(ms / 1000).then(() => {
        feedUntil(ms);
        context.resume();
      });
    }
    const samples = (await context.startRendering()).getChannelData(0);
    const sounds = soundsOf(samples, rateHz);
    await pause(300);
    return { sounds, underRuns: told.status.underRuns, cushionMs: told.status.cushionMs, ended: told.ended };
  },

  /** What the microphone gives in `count` frames and after, with changes meanwhile. */
  async microphone(count) {
    const context = new AudioContext();
    await context.resume();
    const got = [];
    const tracks = [];
    const media = navigator.mediaDevices;
    const open = media.getUserMedia.bind(media);
    media.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      tracks.push(...stream.getTracks());
      return stream;
    };
    const processing = () => {
      const live = tracks.filter(({ readyState }) => readyState === "live");
      return live.map((track) => track.getSettings().echoCancellation);
    };
    const handlers = {
      frame: (pcm, level) => got.push({ bytes: pcm.byteLength, level }),
      lost: () => got.push({ lost: true }),
    };
    const wishes = { device: "unplugged since" };
    const capture = await Capture.start(context, address("worklets/capture.js"), handlers, wishes);
    const processed = [processing()];
    await until(() => got.length >= count);
    await capture.setProcessing({ echoCancellation: false });
    processed.push(processing());
    const before = got.length;
    await until(() => got.length >= before + 5);
    const refused = await capture.setDevice("no such device").catch((error) => error.problem);
    await until(() => got.length >= before + 10);
    await capture.flush();
    const flushed = got.at(-1).bytes;
    await pause(10);
    await capture.stop();
    const { device, label } = capture;
    const devices = new Devices({ changed: () => {} });
    await devices.refresh();
    await context.close();
    processed.push(processing());
    return { got, processed, refused, flushed, device, label, microphones: devices.microphones };
  },

  /** The microphone hears nothing but the loudspeaker, a little later; what it sends meanwhile. */
  async echo(url) {
    const speaker = await loudspeaker();
    const { context, playback } = speaker;
    const speech = await context.decodeAudioData(await (await fetch(url)).arrayBuffer());
    const room = new MediaStreamAudioDestinationNode(context);
    playback.output
      .connect(new DelayNode(context, { delayTime: 0.12 }))
      .connect(new GainNode(context, { gain: 0.4 }))
      .connect(room);
    navigator.mediaDevices.getUserMedia = async () => room.stream;
    const levels = [];
    const handlers = { frame: (_pcm, level) => levels.push(level), lost: () => {} };
    const wishes = { reference: playback.output };
    const capture = await Capture.start(context, address("worklets/capture.js"), handlers, wishes);
    const samples = speech.getChannelData(0);
    const at = (i) => 0.5 * (samples[Math.round((i * speech.sampleRate) / 24_000)] ?? 0);
    say(playback, "a", 0, frames(6000, at));
    playback.finish();
    await until(() => speaker.told.ended.length);
    await pause(300);
    const { echo } = capture;
    await capture.stop();
    return { levels, echo, ...(await result(speaker)) };
  },
};
