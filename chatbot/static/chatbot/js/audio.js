// @ts-check
/** The one audio format of the wire: 24 kHz mono PCM16 little-endian, sent in frames of 40 ms. */

export const SAMPLE_RATE_HZ = 24_000;
export const FRAME_SAMPLES = (SAMPLE_RATE_HZ * 40) / 1000;

/**
 * Samples of -1..1 as PCM16; what lies outside is clipped.
 * Int16Array is little-endian on every platform that has an AudioWorklet.
 * @param {Float32Array} samples
 * @returns {Int16Array<ArrayBuffer>}
 */
export function toPcm16(samples) {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const clipped = Math.max(-1, Math.min(1, samples[i]));
    pcm[i] = Math.round(clipped * 32_767);
  }
  return pcm;
}

/**
 * @param {Int16Array} pcm
 * @returns {Float32Array<ArrayBuffer>} samples of -1..1
 */
export function fromPcm16(pcm) {
  const samples = new Float32Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) samples[i] = pcm[i] / 32_768;
  return samples;
}

/**
 * Root mean square, 0 for silence and 0.707 for a full-scale sine.
 * @param {Float32Array} samples
 */
export function rms(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}
