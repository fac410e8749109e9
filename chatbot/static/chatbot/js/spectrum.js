// @ts-check
/** How loud a sound of 24 kHz is in each of 12 bands between 250 Hz and 7 kHz. */

import { SAMPLE_RATE_HZ } from "./audio.js";

const SIZE = 512;
const WINDOW_SAMPLES = 480;
const LOWEST_HZ = 250;
const HIGHEST_HZ = 7000;
const FLOOR = 1e-10;

export const BANDS = 12;

/** The first bin of each band, and the end of the last; equal steps in the ear's measure. */
const EDGES = Array.from({ length: BANDS + 1 }, (_, i) => {
  const [low, high] = [LOWEST_HZ, HIGHEST_HZ].map((hz) => Math.log(1 + hz / 700));
  const hz = 700 * (Math.exp(low + ((high - low) * i) / BANDS) - 1);
  return Math.round((hz * SIZE) / SAMPLE_RATE_HZ);
});
const HANN = Float32Array.from(
  { length: WINDOW_SAMPLES },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / WINDOW_SAMPLES),
);
const COSINES = Float32Array.from({ length: SIZE / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
const SINES = Float32Array.from({ length: SIZE / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / SIZE));

/** Fourier transform in place. @param {Float32Array} re @param {Float32Array} im */
function transform(re, im) {
  for (let i = 1, j = 0; i < SIZE; i++) {
    let bit = SIZE >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let half = 1; half < SIZE; half *= 2) {
    const stride = SIZE / (2 * half);
    for (let k = 0; k < half; k++) {
      const [cos, sin] = [COSINES[k * stride], SINES[k * stride]];
      for (let i = k; i < SIZE; i += 2 * half) {
        const j = i + half;
        const x = re[j] * cos + im[j] * sin;
        const y = im[j] * cos - re[j] * sin;
        re[j] = re[i] - x;
        im[j] = im[i] - y;
        re[i] += x;
        im[i] += y;
      }
    }
  }
}

export class Spectrum {
  #recent = new Float32Array(WINDOW_SAMPLES);
  #re = new Float32Array(SIZE);
  #im = new Float32Array(SIZE);

  /**
   * @param {Float32Array} samples that follow those given before
   * @returns {Float32Array} level of the last 20 ms in each band, in dB
   */
  levels(samples) {
    this.#recent.copyWithin(0, samples.length);
    this.#recent.set(samples, WINDOW_SAMPLES - samples.length);
    this.#re.fill(0);
    this.#im.fill(0);
    for (let i = 0; i < WINDOW_SAMPLES; i++) this.#re[i] = this.#recent[i] * HANN[i];
    transform(this.#re, this.#im);
    return Float32Array.from({ length: BANDS }, (_, band) => {
      let power = FLOOR * SIZE;
      for (let bin = EDGES[band]; bin < EDGES[band + 1]; bin++) {
        power += this.#re[bin] ** 2 + this.#im[bin] ** 2;
      }
      return 10 * Math.log10((8 * power) / (3 * SIZE * WINDOW_SAMPLES));
    });
  }
}
