// @ts-check
/** The microphone as 40 ms PCM16 frames, without the assistant's own voice. */

/**
 * @typedef {"insecure"|"unsupported"|"denied"|"missing"|"busy"|"failed"|"lost"} MicrophoneProblem
 * @typedef {{echoCancellation?: boolean, noiseSuppression?: boolean, autoGainControl?: boolean}} Processing
 *   what the browser does to the sound; each is on unless told
 * @typedef {import("./echo.js").EchoState} EchoState
 *
 * @typedef {object} CaptureHandlers
 * @property {(pcm: ArrayBuffer, level: number) => void} frame
 * @property {() => void} lost the device is gone
 * @property {(isSilenced: boolean) => void} [silenced] the system gives no sound for the time being
 */

const STOP_TIMEOUT_MS = 200;
/** Tracks are muted for a moment when devices change. */
const SILENCED_MS = 3000;

/** @type {Record<string, MicrophoneProblem>} names of DOMException, also of older browsers */
const PROBLEMS = {
  NotAllowedError: "denied",
  PermissionDeniedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  DevicesNotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  TrackStartError: "busy",
  AbortError: "busy",
};

/** @param {any} error as thrown by getUserMedia @returns {MicrophoneProblem} */
export function microphoneProblem(error) {
  return PROBLEMS[error?.name] || "failed";
}

/**
 * What stands in the way before the user is asked.
 * @param {{isSecureContext: boolean, navigator: {mediaDevices?: unknown}, AudioWorkletNode?: unknown}} scope
 * @returns {MicrophoneProblem | null}
 */
export function microphoneObstacle(scope) {
  if (!scope.isSecureContext) return "insecure";
  if (!scope.navigator.mediaDevices || !scope.AudioWorkletNode) return "unsupported";
  return null;
}

/**
 * Without a sample rate: Firefox refuses a stream of another rate than the context's.
 * @param {string} device "" for the system's own choice
 * @param {Processing} processing
 * @returns {MediaTrackConstraints}
 */
export function constraintsOf(device, processing) {
  const { echoCancellation = true, noiseSuppression = true, autoGainControl = true } = processing;
  return {
    ...(device && { deviceId: { exact: device } }),
    channelCount: 1,
    echoCancellation,
    noiseSuppression,
    autoGainControl,
  };
}

export class MicrophoneError extends Error {
  /** @param {MicrophoneProblem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

/**
 * @param {string} device @param {Processing} processing
 * @returns {Promise<MediaStream>} rejects with a MicrophoneError
 */
async function openMicrophone(device, processing) {
  const obstacle = microphoneObstacle(window);
  if (obstacle) throw new MicrophoneError(obstacle);
  const constraints = constraintsOf(device, processing);
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: constraints });
  } catch (error) {
    throw new MicrophoneError(microphoneProblem(error));
  }
}

/** @param {MediaStream} stream */
function release(stream) {
  for (const track of stream.getTracks()) track.stop();
}

export class Capture {
  #context;
  #handlers;
  #device;
  /** @type {Processing} */
  #processing;
  /** @type {MediaStream} */
  #stream;
  /** @type {AudioNode | null} */
  #source = null;
  #reference;
  #node;
  #muted;
  /** @type {Promise<void>} one change of the microphone at a time */
  #changes = Promise.resolve();
  #changing = false;
  #stopped = false;
  #closed = false;
  /** @type {(() => void)[]} */
  #flushes = [];
  /** @type {EchoState | null} */
  #echo = null;

  /**
   * @param {AudioContext} context at the device's own rate: Firefox refuses any other
   * @param {string} workletUrl
   * @param {CaptureHandlers} handlers
   * @param {{device?: string, processing?: Processing, reference?: AudioNode | null}} [wishes]
   *   a device that is not there gives way to the default one; `reference` is what the
   *   loudspeaker plays, and is not taken for the user's voice
   * @returns {Promise<Capture>} rejects with a MicrophoneError
   */
  static async start(context, workletUrl, handlers, wishes = {}) {
    let { device = "", processing = {} } = wishes;
    const [stream, loaded] = await Promise.allSettled([
      openMicrophone(device, processing).catch((error) => {
        if (!device || error.problem !== "missing") throw error;
        device = "";
        return openMicrophone(device, processing);
      }),
      context.audioWorklet?.addModule(workletUrl),
    ]);
    if (stream.status === "rejected") throw stream.reason;
    if (loaded.status === "rejected") {
      release(stream.value);
      throw new MicrophoneError("failed");
    }
    return new Capture(context, stream.value, handlers, { ...wishes, device });
  }

  /**
   * @param {AudioContext} context
   * @param {MediaStream} stream
   * @param {CaptureHandlers} handlers
   * @param {{device?: string, processing?: Processing, reference?: AudioNode | null}} wishes
   */
  constructor(context, stream, handlers, { device = "", processing = {}, reference = null }) {
    this.#context = context;
    this.#handlers = handlers;
    this.#device = device;
    this.#processing = processing;
    this.#reference = reference;
    this.#node = new AudioWorkletNode(context, "capture", {
      numberOfInputs: 2,
      channelCount: 1,
      channelCountMode: "explicit",
    });
    this.#node.port.onmessage = ({ data }) => this.#receive(data);
    // A worklet runs only while it leads to the destination; silence through a muted gain.
    this.#muted = new GainNode(context, { gain: 0 });
    this.#node.connect(this.#muted).connect(context.destination);
    reference?.connect(this.#node, 0, 1);
    this.#stream = stream;
    this.#listen(stream);
  }

  /** The id of the device in use, "" where the browser does not tell. */
  get device() {
    return this.#track.getSettings().deviceId ?? "";
  }

  get label() {
    return this.#track.label;
  }

  /** What the gate against self-echo has found out. */
  get echo() {
    return this.#echo;
  }

  /** Hand over the last, partial frame; the microphone goes on. */
  async flush() {
    const flushed = new Promise((resolve) => {
      this.#flushes.push(() => resolve(undefined));
      // A suspended context does not answer.
      setTimeout(resolve, STOP_TIMEOUT_MS);
    });
    this.#node.port.postMessage({ type: "flush" });
    await flushed;
  }

  /** Release the microphone; resolves when the last, partial frame has been handed over. */
  async stop() {
    this.#stopped = true;
    release(this.#stream);
    await this.flush();
    this.#closed = true;
    this.#node.port.postMessage({ type: "close" });
    this.#source?.disconnect();
    this.#reference?.disconnect(this.#node);
    this.#node.disconnect();
    this.#muted.disconnect();
  }

  /**
   * What cannot be done to this microphone is left.
   * @param {Processing} processing what is not named stays as it is
   */
  setProcessing(processing) {
    this.#processing = { ...this.#processing, ...processing };
    return this.#change(async () => {
      const wanted = constraintsOf(this.#device, this.#processing);
      await this.#track.applyConstraints(wanted).catch(() => {});
      const { echoCancellation, noiseSuppression, autoGainControl } = this.#track.getSettings();
      const settled = { echoCancellation, noiseSuppression, autoGainControl };
      const refused = Object.entries(settled).some(
        ([name, value]) => value !== undefined && value !== Reflect.get(wanted, name),
      );
      if (refused) await this.#reopen(this.#device).catch(() => {});
    });
  }

  /**
   * Listen to another device; if it cannot be opened this rejects, and the old one goes on.
   * @param {string} device "" for the system's own choice
   */
  setDevice(device) {
    return this.#change(() => this.#reopen(device));
  }

  /** The loudspeaker is another one, or stands elsewhere. */
  echoPathChanged() {
    this.#node.port.postMessage({ type: "echo path" });
  }

  get #track() {
    return this.#stream.getAudioTracks()[0];
  }

  /** @param {() => Promise<void>} change @returns {Promise<void>} */
  #change(change) {
    const done = this.#changes.then(async () => {
      if (this.#stopped) return;
      this.#changing = true;
      try {
        await change();
      } finally {
        this.#changing = false;
        if (this.#track.readyState === "ended" && !this.#stopped) this.#handlers.lost();
      }
    });
    this.#changes = done.catch(() => {});
    return done;
  }

  /** @param {string} device */
  async #reopen(device) {
    const stream = await openMicrophone(device, this.#processing);
    if (this.#stopped) return release(stream);
    release(this.#stream);
    this.#source?.disconnect();
    this.#device = device;
    this.#stream = stream;
    this.#listen(stream);
    this.echoPathChanged();
  }

  /** @param {MediaStream} stream */
  #listen(stream) {
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(this.#node);
    const track = this.#track;
    const isCurrent = () => track === this.#track && !this.#stopped;
    track.addEventListener("ended", () => {
      if (isCurrent() && !this.#changing) this.#handlers.lost();
    });
    let silenced = false;
    const tell = () => {
      if (!isCurrent() || silenced === track.muted) return;
      silenced = track.muted;
      this.#handlers.silenced?.(silenced);
    };
    track.addEventListener("mute", () => setTimeout(tell, SILENCED_MS));
    track.addEventListener("unmute", tell);
  }

  /** @param {any} message of the worklet; its header lists them */
  #receive(message) {
    if (message.type === "flushed") this.#flushes.shift()?.();
    if (message.type !== "frame" || this.#closed) return;
    this.#echo = message.echo;
    this.#handlers.frame(message.pcm, message.level);
  }
}
