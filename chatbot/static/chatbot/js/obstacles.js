// @ts-check
/** What this browser lacks, told before the user finds out. */

/**
 * @param {{WebSocket?: unknown, AudioContext?: unknown, AudioWorkletNode?: unknown,
 *   isSecureContext: boolean, navigator: {mediaDevices?: unknown}}} scope
 * @returns {"browser.socket" | "microphone.insecure" | "sound.unsupported"
 *   | "microphone.unsupported" | null}
 */
export function obstacleOf(scope) {
  if (!scope.WebSocket) return "browser.socket";
  if (!scope.isSecureContext) return "microphone.insecure";
  if (!scope.AudioContext || !scope.AudioWorkletNode) return "sound.unsupported";
  return scope.navigator.mediaDevices ? null : "microphone.unsupported";
}
