/**
 * quantize: a model of floats as one of integers, after its training (Jacob et al., 2018; Krishnamoorthi, 2018). Batch norms are
 * folded into convolutions; the model runs on the calibration inputs, which show the ranges of its values; each layer runs on
 * integers beside its floats, which shows what it loses; what loses too much stays in floats.
 */
import { Pauses } from '../base/pause.ts';
import { engine } from '../engine/engine.ts';
import type { AnyModule } from '../layers/module.ts';
import type { Model } from '../onnx/model.ts';
import type { Feed, Feeds } from '../transforms/feeds.ts';
import type { QuantizedModel } from './model.ts';
import { type QuantizeOptions, type Settings, settingsOf } from './options.ts';
import { Quantization } from './quantization.ts';
import { type Calibration, requireCalibration, type Sample, sampleOf } from './samples.ts';
import { modelOf, requireSource } from './source.ts';

const where = 'quantize';

/**
 * The model on integers of 8 bits: weights as int8 with a scale for each output channel, the values between layers as uint8, sums in
 * 32 bits. `calibration` are some inputs such as it will see, a few dozen of different kinds; they are copied as they come, and kept
 * until the model is made. A Module is exported first, by the shapes of the first input.
 * @param model an imported model, or a Module
 * @param calibration a list or an (async) iterable of what `model.run` takes
 * @returns a promise of the quantised model, which is the caller's to dispose of
 * @throws (rejects with) TypeError, RangeError for wrong options and inputs, no inputs, and what is not finite; ModelError for a model
 * that is quantised already, or has nothing to quantise; the signal's reason where it ended the run
 * @example
 * ```ts
 * const model = await loadModel('detector.onnx');
 * const quantized = await quantize(model, [image], { method: 'mse' });
 * console.log(String(quantized.report()));
 * ```
 */
export async function quantize(
  model: Model | AnyModule,
  calibration: Calibration,
  options: QuantizeOptions = {},
): Promise<QuantizedModel> {
  engine(where);
  const net = requireSource(model);
  requireCalibration(calibration);
  const settings = settingsOf(options);
  const watch = new Watcher(settings);
  watch.stop();
  let source: ReturnType<typeof modelOf> | null = null;
  try {
    const samples: Sample[] = [];
    for await (const given of calibration as AsyncIterable<Feeds | Feed>) {
      source ??= modelOf(net, given);
      samples.push(sampleOf(given, samples.length, source.model.inputs));
      watch.stop();
    }
    if (source === null)
      throw new RangeError(`${where}: calibration holds no inputs, must hold at least one`);
    return await new Quantization(source.model, samples, settings, watch).run();
  } finally {
    watch.end();
    if (source?.isOwn) source.model.dispose();
  }
}

/** Counts the runs, pauses between them, and ends them. */
class Watcher {
  readonly #settings: Settings;
  readonly #pauses = new Pauses();
  #total = 1;
  #done = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  begin(total: number): void {
    this.#total = total;
  }

  async advance(share: number): Promise<void> {
    this.#done += share;
    // Shares add up to whole runs, but for rounding.
    this.#settings.onProgress?.(Math.min(this.#total, Math.floor(this.#done + 1e-6)), this.#total);
    await this.#pauses.maybe();
    this.stop();
  }

  /** @throws the signal's reason */
  stop(): void {
    const { signal } = this.#settings;
    if (signal?.aborted) throw signal.reason ?? new Error(`${where}: the signal ended it`);
  }

  end(): void {
    this.#pauses.end();
  }
}
