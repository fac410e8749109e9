/**
 * Measures a page from within, before any script of it runs: when its call listens, and how loud
 * microphone and loudspeaker are in each block of 128 samples, by the clock of its sound.
 */
() => {
  const BLOCKS_A_MESSAGE = 64;
  const PROCESSOR = `
    const rms = (samples) =>
      samples ? Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length) : 0;
    registerProcessor("probe", class extends AudioWorkletProcessor {
      levels = [];
      process([microphone, loudspeaker]) {
        this.levels.push(rms(microphone[0]), rms(loudspeaker[0]));
        if (this.levels.length === 2 * ${BLOCKS_A_MESSAGE}) {
          this.port.postMessage(this.levels);
          this.levels = [];
        }
        return true;
      }
    });
  `;
  /** Milliseconds since the page was loaded, or null; levels alternate between the two. */
  const probe = { tappedAt: null, listeningAt: null, rate: 0, levels: [] };
  window.probe = probe;

  document.addEventListener("DOMContentLoaded", () => {
    const call = document.getElementById("call");
    if (!call) return;
    const start = document.getElementById("start-call");
    start.addEventListener("click", () => (probe.tappedAt = performance.now()), true);
    new MutationObserver(() => {
      if (call.dataset.state === "listening") probe.listeningAt ??= performance.now();
    }).observe(call, { attributes: true, attributeFilter: ["data-state"] });
  });

  const connect = AudioNode.prototype.connect;
  const probes = new WeakMap();
  const probeOf = (context) => {
    if (!probes.has(context)) probes.set(context, attach(context));
    return probes.get(context);
  };
  const attach = async (context) => {
    const module = URL.createObjectURL(new Blob([PROCESSOR], { type: "text/javascript" }));
    await context.audioWorklet.addModule(module);
    const node = new AudioWorkletNode(context, "probe", { numberOfInputs: 2, numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => probe.levels.push(...data);
    probe.rate = context.sampleRate;
    return node;
  };
  const listen = async (node, input) => {
    connect.call(node, await probeOf(node.context), 0, input);
  };

  AudioNode.prototype.connect = function (target, ...places) {
    if (target instanceof AudioDestinationNode) void listen(this, 1);
    return connect.call(this, target, ...places);
  };
  const createSource = AudioContext.prototype.createMediaStreamSource;
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    const source = createSource.call(this, stream);
    void listen(source, 0);
    return source;
  };
}
