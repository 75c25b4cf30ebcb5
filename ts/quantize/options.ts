/** The options of `quantize`, checked. */
import { checkOptions, oneOf, real } from '../base/checks.ts';
import { wrongKind, wrongValue } from '../base/errors.ts';
import type { WebSignal } from '../base/platform.ts';
import { flag } from '../ops/options.ts';
import type { CalibrationMethod, Choice } from './ranges.ts';

/** The options of `quantize`. */
export interface QuantizeOptions {
  /**
   * How the ranges of activations are chosen. 'minmax': all that the calibration inputs show; 'percentile': without the most extreme
   * values; 'mse': the range with the least squared error of rounding and of what lies beyond. Default 'minmax'.
   */
  method?: CalibrationMethod | undefined;
  /** What 'percentile' keeps on each side, in percent of the values. Default 99.99. */
  percentile?: number | undefined;
  /** Names of nodes that stay in floats, as `model.nodes` and `report()` have them. */
  exclude?: readonly string[] | undefined;
  /**
   * Layers whose own signal-to-noise ratio, in decibels, would be below this on the calibration inputs stay in floats. Default 10.
   */
  threshold?: number | undefined;
  /** Each output channel's mean error on the calibration inputs is taken back by its bias. Default true. */
  biasCorrection?: boolean | undefined;
  /** Channels are made of like sizes, by weights before and behind them, so that one scale fits all. Default true. */
  equalize?: boolean | undefined;
  /**
   * Layers whose results are read as floats alone, such as the scores of a detector, stay in floats where they have at most an eighth
   * of all weights. Default true.
   */
  keepHeads?: boolean | undefined;
  /**
   * Of the weights. 7 keeps them from -63 to 63, so that pairs of products fit in 16 bits whatever the activations: for machines on
   * which that is faster (x86 without VNNI). Default 8.
   */
  bits?: 7 | 8 | undefined;
  /** Called after each run of a model: how many runs are done, and how many there are. */
  onProgress?: ((done: number, total: number) => unknown) | undefined;
  /** An AbortSignal: quantising ends behind the run that is being made, and rejects with the signal's reason. */
  signal?: WebSignal | undefined;
}

/** The same, whole. */
export interface Settings extends Choice {
  readonly bits: 7 | 8;
  readonly exclude: readonly string[];
  readonly threshold: number;
  readonly biasCorrection: boolean;
  readonly equalize: boolean;
  readonly keepHeads: boolean;
  readonly onProgress: ((done: number, total: number) => unknown) | undefined;
  readonly signal: WebSignal | undefined;
}

const where = 'quantize';

/** @throws TypeError, RangeError */
export function settingsOf(options: QuantizeOptions): Settings {
  checkOptions(where, options, [
    ...[
      'method',
      'percentile',
      'exclude',
      'threshold',
      'biasCorrection',
      'equalize',
      'keepHeads',
      'bits',
      'onProgress',
      'signal',
    ],
  ]);
  const { method = 'minmax', percentile = 99.99, exclude = [], threshold = 10, bits = 8 } = options;
  const { onProgress, signal } = options;
  oneOf(where, 'method', method, ['minmax', 'percentile', 'mse']);
  const share = real(where, 'percentile', percentile);
  if (!(share > 50 && share <= 100))
    throw wrongValue(where, 'percentile', share, 'a number above 50, at most 100');
  if (!Array.isArray(exclude) || !exclude.every((one) => typeof one === 'string'))
    throw wrongKind(where, 'exclude', exclude, 'an array of names');
  if (bits !== 7 && bits !== 8) throw wrongValue(where, 'bits', bits, '7 or 8');
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw wrongKind(where, 'onProgress', onProgress, 'a function');
  if (signal !== undefined && typeof signal?.aborted !== 'boolean')
    throw wrongKind(where, 'signal', signal, 'an AbortSignal');
  return {
    ...{ method, percentile: share, exclude, bits, onProgress, signal },
    keepHeads: flag(where, 'keepHeads', options.keepHeads ?? true) === 1,
    equalize: flag(where, 'equalize', options.equalize ?? true) === 1,
    threshold: real(where, 'threshold', threshold),
    biasCorrection: flag(where, 'biasCorrection', options.biasCorrection ?? true) === 1,
  };
}
