// @ts-check
/** The microphone as 40 ms PCM16 frames. */

/** @typedef {"insecure"|"unsupported"|"denied"|"missing"|"busy"|"failed"|"lost"} MicrophoneProblem */

/** @type {MediaTrackConstraints} */
const CONSTRAINTS = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};
const STOP_TIMEOUT_MS = 200;

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

/** @param {unknown} error as thrown by getUserMedia @returns {MicrophoneProblem} */
export function microphoneProblem(error) {
  return (error instanceof Error && PROBLEMS[error.name]) || "failed";
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

export class MicrophoneError extends Error {
  /** @param {MicrophoneProblem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

/** @returns {Promise<MediaStream>} */
async function askForMicrophone() {
  const obstacle = microphoneObstacle(window);
  if (obstacle) throw new MicrophoneError(obstacle);
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: CONSTRAINTS });
  } catch (error) {
    throw new MicrophoneError(microphoneProblem(error));
  }
}

export class Capture {
  #stream;
  #source;
  #node;
  #muted;

  /**
   * @param {AudioContext} context at the device's own rate: Firefox refuses any other
   * @param {string} workletUrl
   * @param {{frame: (pcm: ArrayBuffer, level: number) => void, lost: () => void}} handlers
   * @returns {Promise<Capture>} rejects with a MicrophoneError
   */
  static async start(context, workletUrl, handlers) {
    const [stream, loaded] = await Promise.allSettled([
      askForMicrophone(),
      context.audioWorklet?.addModule(workletUrl),
    ]);
    if (stream.status === "rejected") throw stream.reason;
    if (loaded.status === "rejected") {
      for (const track of stream.value.getTracks()) track.stop();
      throw new MicrophoneError("failed");
    }
    return new Capture(context, stream.value, handlers);
  }

  /**
   * @param {AudioContext} context
   * @param {MediaStream} stream
   * @param {{frame: (pcm: ArrayBuffer, level: number) => void, lost: () => void}} handlers
   */
  constructor(context, stream, handlers) {
    this.#stream = stream;
    this.#source = context.createMediaStreamSource(stream);
    this.#node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 1, channelCount: 1 });
    this.#node.port.onmessage = ({ data }) => {
      if (data.type === "frame") handlers.frame(data.pcm, data.level);
    };
    // A worklet runs only while it leads to the destination; silence through a muted gain.
    this.#muted = new GainNode(context, { gain: 0 });
    this.#source.connect(this.#node).connect(this.#muted).connect(context.destination);
    stream.getAudioTracks()[0].addEventListener("ended", handlers.lost);
  }

  /** Release the microphone; resolves when the last, partial frame has been handed over. */
  async stop() {
    for (const track of this.#stream.getTracks()) track.stop();
    const stopped = new Promise((resolve) => {
      this.#node.port.addEventListener("message", ({ data }) => {
        if (data.type === "stopped") resolve(undefined);
      });
      setTimeout(resolve, STOP_TIMEOUT_MS);
    });
    this.#node.port.postMessage({ type: "stop" });
    await stopped;
    this.#source.disconnect();
    this.#node.disconnect();
    this.#muted.disconnect();
  }
}
