// @ts-check
/**
 * Band-limited streaming conversion between any two sample rates.
 *
 * A Kaiser-windowed sinc at the lower of the two rates: flat to 5/6 of its Nyquist frequency
 * (10 kHz at 24 kHz), and more than 60 dB down from Nyquist on, so that nothing audible folds back.
 * Positions are whole numbers of 1/`toHz` input samples: any cutting of the input gives the same
 * output, and no drift builds up.
 */

const STOP_BAND_DB = 80;
const TRANSITION = 1 / 6;
const PHASES = 512;

/** Modified Bessel function of the first kind, order 0. @param {number} x */
function bessel0(x) {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * The filter at every 1/512 of an input sample: row p holds the taps for an output that lies
 * p/512 after an input sample.
 * @param {number} fromHz
 * @param {number} toHz
 */
function designFilter(fromHz, toHz) {
  const nyquist = Math.min(fromHz, toHz) / 2 / fromHz;
  const transition = 2 * Math.PI * nyquist * TRANSITION;
  const half = Math.ceil((STOP_BAND_DB - 7.95) / (2.285 * transition) / 2);
  const beta = 0.1102 * (STOP_BAND_DB - 8.7);
  const cutoff = 2 * nyquist * (1 - TRANSITION / 2);
  const rows = Array.from({ length: PHASES + 1 }, (_, phase) => {
    const taps = new Float32Array(2 * half);
    let sum = 0;
    for (let k = 0; k < taps.length; k++) {
      const t = k - half + 1 - phase / PHASES;
      const x = Math.PI * cutoff * t;
      const window = bessel0(beta * Math.sqrt(Math.max(0, 1 - (t / half) ** 2)));
      taps[k] = (Math.abs(x) < 1e-9 ? 1 : Math.sin(x) / x) * window;
      sum += taps[k];
    }
    return taps.map((tap) => tap / sum);
  });
  return { half, rows };
}

export class Resampler {
  #fromHz;
  #toHz;
  #half;
  #rows;
  /** Input not yet used up; its first sample is the first one under the filter. */
  #input = new Float32Array(0);
  /** The next output lies this many 1/`toHz` input samples after the filter's centre. */
  #phase = 0;

  /**
   * @param {number} fromHz
   * @param {number} toHz
   */
  constructor(fromHz, toHz) {
    this.#fromHz = fromHz;
    this.#toHz = toHz;
    const { half, rows } = fromHz === toHz ? { half: 0, rows: [] } : designFilter(fromHz, toHz);
    this.#half = half;
    this.#rows = rows;
    this.reset();
  }

  /** Forget the stream so far. */
  reset() {
    this.#input = new Float32Array(Math.max(0, this.#half - 1));
    this.#phase = 0;
  }

  /**
   * The output that the input so far decides; it lags by half the filter (about 1 ms).
   * @param {Float32Array} samples
   * @returns {Float32Array<ArrayBuffer>}
   */
  process(samples) {
    if (this.#fromHz === this.#toHz) return samples.slice();
    const input = new Float32Array(this.#input.length + samples.length);
    input.set(this.#input);
    input.set(samples, this.#input.length);
    const width = 2 * this.#half;
    const ready = (input.length - width + 1) * this.#toHz - this.#phase;
    const output = new Float32Array(Math.max(0, Math.ceil(ready / this.#fromHz)));
    let start = 0;
    for (let n = 0; n < output.length; n++) {
      output[n] = this.#filter(input, start);
      this.#phase += this.#fromHz;
      start += Math.floor(this.#phase / this.#toHz);
      this.#phase %= this.#toHz;
    }
    this.#input = input.slice(start);
    return output;
  }

  /** The rest of the output, as if silence followed; the stream then starts anew. */
  flush() {
    const output = this.process(new Float32Array(this.#half));
    this.reset();
    return output;
  }

  /**
   * @param {Float32Array} input
   * @param {number} start index of the first sample under the filter
   */
  #filter(input, start) {
    const position = (this.#phase / this.#toHz) * PHASES;
    const row = Math.floor(position);
    const mix = position - row;
    const [before, after] = [this.#rows[row], this.#rows[row + 1]];
    let sum = 0;
    for (let k = 0; k < before.length; k++) {
      sum += input[start + k] * (before[k] + mix * (after[k] - before[k]));
    }
    return sum;
  }
}
