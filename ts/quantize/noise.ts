/**
 * What integers change: y' beside y, as the signal-to-noise ratio in decibels
 *
 *   10 log10(sum of y^2 / sum of (y' - y)^2)
 *
 * and as the mean error of each output channel, which a bias can take back.
 */
import type { Seen } from './samples.ts';

export class Noise {
  #signal = 0;
  #noise = 0;
  /** Sums of the errors of each channel, and how many elements a channel has. */
  #errors = new Float64Array(0);
  #count = 0;

  /** `axis`: the channels' of y; -1 for the last. */
  add(y: Seen, other: Seen, axis: number): void {
    const { shape, data } = y;
    const at = axis < 0 ? shape.length + axis : axis;
    const channels = shape[at] ?? 1;
    const inner = shape.slice(at + 1).reduce((product, size) => product * size, 1);
    if (this.#errors.length === 0) this.#errors = new Float64Array(channels);
    for (let from = 0; from < data.length; from += inner) {
      const c = (from / inner) % channels;
      let sum = 0;
      for (let i = from; i < from + inner; i++) {
        const value = data[i] as number;
        const error = (other.data[i] as number) - value;
        this.#signal += value * value;
        this.#noise += error * error;
        sum += error;
      }
      this.#errors[c] = (this.#errors[c] as number) + sum;
    }
    this.#count += channels === 0 ? 0 : data.length / channels;
  }

  /** Infinite where nothing differs. */
  get decibels(): number {
    return decibels(this.#signal, this.#noise);
  }

  /** Of what is left when each channel's mean error is taken back. */
  get decibelsCorrected(): number {
    const taken = this.#errors.reduce((sum, error) => sum + (error * error) / this.#count, 0);
    return decibels(this.#signal, Math.max(0, this.#noise - taken));
  }

  /** What takes the mean errors back. */
  get correction(): Float64Array {
    return this.#errors.map((error) => -error / this.#count);
  }
}

const decibels = (signal: number, noise: number): number =>
  noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
