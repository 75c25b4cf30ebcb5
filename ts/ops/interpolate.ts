/**
 * interpolate: x [N, C, spatial...] at more or fewer positions, as PyTorch has them: the options as `resample`'s params.
 * @category Resampling
 */
import { checkOptions, elementCount, oneOf, real } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { counted, wrongKind, wrongValue } from '../base/errors.ts';
import { axisName } from '../base/faults.ts';
import { KERNEL, ROUNDINGS } from '../instructions/table.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './adaptivePooling.ts';
import { operator } from './operator.ts';
import { flag, type Size, sizes } from './options.ts';
import {
  type Axis,
  type Coordinates,
  INTERPOLATE,
  type Kernel,
  positionsOf,
  resampleParams,
} from './resample.ts';

/** The options of `interpolate`; one of `size` and `scaleFactor` must be given. */
export interface InterpolateOptions {
  /** The output's spatial size: one number, or one per axis. */
  size?: Size | null | undefined;
  /** Instead of `size`: the output is floor(input * scaleFactor), and positions are computed with the factor given. */
  scaleFactor?: number | readonly number[] | null | undefined;
  /**
   * Default 'nearest'; 'nearest-exact' is the nearest from the elements' middles, 'area' the mean of the elements of which an
   * output is a part. 'linear' takes [N, C, L], 'bilinear' and 'bicubic' [N, C, H, W], 'trilinear' [N, C, D, H, W].
   */
  mode?: 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area' | undefined;
  /** The outer elements' middles stay where they are, rather than their edges. Default false; not for 'nearest' and 'area'. */
  alignCorners?: boolean | undefined;
  /**
   * Where the output is smaller, each of its elements is a mean of all that it stands for, as Pillow and PyTorch's antialias
   * have it. Default false; for the linear and cubic modes.
   */
  antialias?: boolean | undefined;
  /**
   * ONNX's positions of output o: 'half-pixel' (o + 0.5) / scale - 0.5, with 'pytorch-half-pixel' 0 where the output has one
   * element; 'asymmetric' o / scale; 'align-corners' as `alignCorners`, in mode 'nearest' too. Default: 'asymmetric' in
   * mode 'nearest', else 'half-pixel'.
   */
  coordinates?: 'half-pixel' | 'pytorch-half-pixel' | 'asymmetric' | 'align-corners' | undefined;
  /** ONNX's other ways to the nearest element. Default 'floor'. */
  rounding?: 'floor' | 'ceil' | 'round-prefer-floor' | 'round-prefer-ceil' | undefined;
  /** The cubic kernel's coefficient. Default -0.75; -0.5 with `antialias`. */
  cubicCoefficient?: number | undefined;
}

/** The options of `Upsample`. */
export type UpsampleOptions = Pick<
  InterpolateOptions,
  'size' | 'scaleFactor' | 'mode' | 'alignCorners' | 'antialias'
>;

const OPTIONS: readonly string[] = [
  'size',
  'scaleFactor',
  'mode',
  'alignCorners',
  'antialias',
  'coordinates',
  'rounding',
  'cubicCoefficient',
];
/** Each mode's kernel, how many axes it takes, and its coordinates and rounding where none are given. */
const MODES: Readonly<Record<string, Mode>> = {
  nearest: { kernel: 'nearest', coordinates: 'asymmetric', rounding: 'floor' },
  'nearest-exact': { kernel: 'nearest', coordinates: 'half-pixel', rounding: 'round-prefer-ceil' },
  linear: { kernel: 'linear', axes: 3 },
  bilinear: { kernel: 'linear', axes: 4 },
  bicubic: { kernel: 'cubic', axes: 4 },
  trilinear: { kernel: 'linear', axes: 5 },
  area: {},
};
const COORDINATES: readonly string[] = ['half-pixel', 'asymmetric', 'pytorch-half-pixel', 'align-corners'];
const POOLS = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d] as const;

interface Mode {
  /** The mode of means has none. */
  readonly kernel?: keyof typeof KERNEL;
  readonly axes?: number;
  readonly coordinates?: Coordinates;
  readonly rounding?: string;
}

/** Options that were checked. */
interface Settings extends Kernel {
  /** The mode of means. */
  readonly area: boolean;
  readonly coordinates: Coordinates;
  readonly rounding: string;
  readonly bySize: boolean;
  /** Sizes or factors. */
  readonly values: readonly number[];
}

/** The options, for any number of spatial axes that the mode takes. @throws what is wrong with an option */
function settingsOf(where: string, given: InterpolateOptions, rank: number): Settings {
  checkOptions(where, given, OPTIONS);
  const options = given ?? {};
  const { size = null, scaleFactor = null, mode = 'nearest', alignCorners = false } = options;
  oneOf(where, 'mode', mode, Object.keys(MODES));
  const { kernel, ...own } = MODES[mode] as Mode;
  const { coordinates = own.coordinates ?? 'half-pixel', rounding = own.rounding ?? 'floor' } = options;
  oneOf(where, 'coordinates', coordinates, COORDINATES);
  oneOf(where, 'rounding', rounding, ROUNDINGS);
  const align = flag(where, 'alignCorners', alignCorners) === 1;
  const antialias = flag(where, 'antialias', options.antialias ?? false) === 1;
  if ((align || antialias) && (kernel === undefined || kernel === 'nearest')) {
    const name = align ? 'alignCorners' : 'antialias';
    throw new RangeError(`${where}: ${name} is true, must be false in mode '${mode}'`);
  }
  if ((size === null) === (scaleFactor === null)) {
    throw new TypeError(
      `${where}: size and scaleFactor are ${size === null ? 'left out' : 'both given'}, must be one of them`,
    );
  }
  const coefficient = options.cubicCoefficient ?? (antialias ? -0.5 : -0.75);
  return {
    kernel: KERNEL[kernel ?? 'nearest'],
    antialias,
    exclude: antialias,
    coefficient: real(where, 'cubicCoefficient', coefficient),
    area: kernel === undefined,
    coordinates: align ? 'align-corners' : coordinates,
    rounding,
    bySize: size !== null,
    values: size === null ? factors(where, scaleFactor, rank) : sizes(where, 'size', size, rank),
  };
}

function factors(where: string, value: unknown, rank: number): number[] {
  if (typeof value === 'number') return new Array<number>(rank).fill(factor(where, 'scaleFactor', value));
  if (!Array.isArray(value)) throw wrongKind(where, 'scaleFactor', value, `a number or an array of ${rank}`);
  if (value.length !== rank) {
    throw new RangeError(
      `${where}: scaleFactor has ${counted(value.length, 'entry', 'entries')}, must have ${rank}`,
    );
  }
  return value.map((entry, axis) => factor(where, `scaleFactor[${axis}]`, entry));
}

function factor(where: string, name: string, value: unknown): number {
  const number = real(where, name, value);
  if (number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw wrongValue(where, name, value, 'above 0 and finite');
}

/** The output's sizes. @throws RangeError for an axis of nothing */
function outputSizes(shape: readonly number[], { bySize, values }: Settings): number[] {
  return values.map((value, index) => {
    const input = shape[index + 2] as number;
    const output = bySize ? value : Math.floor(input * value);
    if (input >= 1 && output >= 1) return output;
    const which = input < 1 ? 'x' : 'the output';
    const name = axisName(shape.length - 2, index);
    throw new RangeError(`interpolate: ${name} of ${which} is 0, must be at least 1`);
  });
}

/** A spatial axis, with PyTorch's steps between positions. */
function axisOf(settings: Settings, index: number, input: number, output: number): Axis {
  const { kernel, antialias, coordinates, rounding, bySize, values } = settings;
  const value = values[index] as number;
  const stays = kernel === KERNEL.linear && input === output;
  const factor = stays ? 1 : bySize ? input / output : 1 / value;
  const positions = positionsOf(coordinates, input, output, factor, 1);
  const step = positions.factor / positions.divisor;
  return {
    axis: index + 2,
    output,
    // Windows lie around middles, however far they are apart.
    positions: antialias ? { ...positions, first: 0.5, shift: -0.5 } : positions,
    rounding: ROUNDINGS.indexOf(rounding as (typeof ROUNDINGS)[number]),
    stretch: Math.max(1, step),
  };
}

/**
 * x resampled to `size`, or by `scaleFactor`. Where the output is smaller, elements may not count at all, but in mode 'area'
 * and with `antialias`. As PyTorch's interpolate and ONNX's Resize.
 * @param x [N, C, spatial...]; of any dtype, which the result keeps, in the nearest modes, else of float32
 * @returns [N, C, ...size], or floor(spatial * scaleFactor)
 * @throws RangeError for a mode that is not for x's number of axes, and an axis of nothing; TypeError for a wrong
 * kind
 * @example
 * ```ts
 * interpolate(x, { scaleFactor: 2 }); // each pixel as a square of 2 x 2
 * interpolate(x, { size: [224, 224], mode: 'bilinear', antialias: true });
 * ```
 */
export const interpolate = /*#__PURE__*/ operator(
  INTERPOLATE,
  (invoke) =>
    <D extends DType = 'float32'>(x: Tensor<D>, options: InterpolateOptions): Tensor<D> => {
      const { shape } = requireTensor('interpolate', 'x', x);
      const { length } = shape;
      const settings = settingsOf('interpolate', options, length - 2);
      const { mode = 'nearest' } = options;
      const must = MODES[mode]!.axes ?? 0;
      if (must === 0 ? length < 3 || length > 5 : length !== must) {
        throw new RangeError(
          `interpolate: x has ${counted(length, 'axis', 'axes')} (shape [${shape.join(', ')}]), must have ${must || '3 to 5'} in mode '${mode}'`,
        );
      }
      const output = outputSizes(shape, settings);
      if (settings.area) {
        elementCount('interpolate', [...shape.slice(0, 2), ...output]);
        const means = POOLS[length - 3]!(x as unknown as Tensor, output as [number, number, number]);
        return means as unknown as Tensor<D>;
      }
      const axes = output.map((size, index) => axisOf(settings, index, shape[index + 2] as number, size));
      return invoke([x as Tensor<DType>], resampleParams(settings, axes))[0] as unknown as Tensor<D>;
    },
  {
    layer: { name: 'Upsample', options: 'UpsampleOptions' },
    validate(where, options: UpsampleOptions) {
      const axes = [options?.size, options?.scaleFactor].find(Array.isArray);
      settingsOf(where, options, axes?.length ?? 1);
    },
  },
);
