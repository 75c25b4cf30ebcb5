/** Values between elements: resampling, grids, boxes. */
import { GRID_MODES, GRID_PADDINGS, KERNEL, ROUNDINGS } from '../../instructions/table.ts';
import { type Call, type Forms, inputOf, shapeOf } from './form.ts';
import type { Writer } from './writer.ts';

/** An axis of `interpolate`, as its params say it (ts/ops/resample.ts). */
interface Pass {
  readonly axis: number;
  readonly input: number;
  readonly output: number;
  readonly first: number;
  readonly factor: number;
  readonly divisor: number;
  readonly shift: number;
  readonly rounding: number;
}

const same = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a));

/** Which of ONNX's coordinates an axis has. */
function coordinatesOf({ input, output, first, factor, divisor, shift }: Pass): string | null {
  if (first === 0.5 && shift === -0.5) return 'half_pixel';
  const corners = output > 1 ? (input - 1) / (output - 1) : 0;
  if (first !== 0 || shift !== 0) return null;
  if (same(factor / divisor, corners) && !same(factor / divisor, input / output)) return 'align_corners';
  return 'asymmetric';
}

/** The coordinates that all axes have; an axis of one output may be at its first element alone. */
function commonOf(passes: readonly Pass[]): string | null {
  const modes = new Set(passes.map(coordinatesOf));
  const [first = null] = modes;
  if (modes.size === 1) return first;
  const others = new Set(passes.filter(({ output }) => output > 1).map(coordinatesOf));
  return modes.size === 2 && modes.has('asymmetric') && others.size === 1 && others.has('half_pixel')
    ? 'pytorch_half_pixel'
    : null;
}

/** Resize by sizes where positions are those of the sizes, else by scales. */
function interpolate(to: Writer, call: Call): string {
  const [kernel = 0, antialias = 0, exclude = 0, coefficient = 0, ...words] = call.params;
  const shape = shapeOf(call);
  const passes = Array.from({ length: words.length / 8 }, (_, i): Pass => {
    const [axis = 0, output = 0, first = 0, factor = 0, divisor = 1, shift = 0, rounding = 0] = words.slice(
      8 * i,
    );
    return { axis, input: shape[axis] as number, output, first, factor, divisor, shift, rounding };
  });
  const moved = passes.filter((pass) => pass.input !== pass.output || pass.factor !== pass.divisor);
  if (moved.length === 0) return to.op('Identity', call.inputs);
  const coordinates = commonOf(moved) ?? to.fail('ONNX has no such positions');
  if (antialias === 1) to.requireSet('antialias', 18);
  const bySize = passes.every(
    ({ input, output, factor, divisor }) =>
      coordinates === 'align_corners' || same(factor / divisor, input / output),
  );
  const scales = passes.map(({ factor, divisor }) => Math.fround(divisor / factor));
  const fits = passes.every(({ input, output }, i) => Math.floor(Math.fround(input * scales[i]!)) === output);
  if (!bySize && !fits) to.fail('ONNX has no such positions for this size');
  // Runtimes take what keeps its size for a copy.
  if (moved.some(({ input, output, factor, divisor }) => input === output && !same(factor, divisor)))
    to.fail('ONNX has no such positions for this size');
  const isNearest = kernel === KERNEL.nearest;
  const attributes = {
    coordinate_transformation_mode: coordinates,
    mode: isNearest ? 'nearest' : kernel === KERNEL.linear ? 'linear' : 'cubic',
    ...(isNearest && { nearest_mode: ROUNDINGS[moved[0]!.rounding]!.replaceAll('-', '_') }),
    ...(kernel === KERNEL.cubic && { cubic_coeff_a: { float: coefficient } }),
    ...(!isNearest && exclude === 1 && { exclude_outside: 1 }),
    ...(antialias === 1 && { antialias }),
  };
  const all = (of: (pass: Pass, i: number) => number, otherwise: (size: number) => number) =>
    shape.map((size, axis) => {
      const at = passes.findIndex((pass) => pass.axis === axis);
      return at < 0 ? otherwise(size) : of(passes[at]!, at);
    });
  const inputs = bySize
    ? [
        '',
        '',
        to.integers(
          all(
            ({ output }) => output,
            (size) => size,
          ),
        ),
      ]
    : [
        '',
        to.floats(
          all(
            (_, i) => scales[i]!,
            () => 1,
          ),
        ),
        '',
      ];
  return to.op('Resize', [inputOf(call), ...inputs], attributes);
}

function gridSample(to: Writer, call: Call): string {
  const [mode = 0, padding = 0, align = 0] = call.params;
  to.requireSet('GridSample', shapeOf(call).length === 5 ? 20 : 16);
  const old = GRID_MODES[mode]!;
  const name = to.opset < 20 ? old : { bilinear: 'linear', nearest: 'nearest', bicubic: 'cubic' }[old];
  return to.op('GridSample', call.inputs, {
    mode: name,
    padding_mode: GRID_PADDINGS[padding]!,
    align_corners: align,
  });
}

/** Columns of the boxes, [K, 5]. */
const columns = (to: Writer, boxes: string, from: number, until: number): string =>
  to.op('Slice', [boxes, to.integers([from]), to.integers([until]), to.integers([1])]);

function roiAlign(to: Writer, call: Call): string {
  const [x, boxes] = call.inputs as readonly [string, string];
  const [down = 1, across = 1, scale = 1, samples = 0, aligned = 0, taken = 0] = call.params;
  const count = shapeOf(call, 1)[0] ?? 0;
  const images = to.cast(to.reshape(columns(to, boxes, 0, 1), [count, 1], [count]), 'int64');
  if (aligned === 1) to.requireSet('aligned boxes', 16);
  return to.op('RoiAlign', [x, columns(to, boxes, 1, 5), images], {
    output_height: down,
    output_width: across,
    spatial_scale: { float: scale },
    sampling_ratio: samples,
    mode: taken === 1 ? 'max' : 'avg',
    ...(to.opset >= 16 && {
      coordinate_transformation_mode: aligned === 1 ? 'half_pixel' : 'output_half_pixel',
    }),
  });
}

export const samples = (): Forms => ({
  interpolate,
  gridSample,
  roiAlign,
  roiPool: (to, { inputs, params: [down = 1, across = 1, scale = 1] }) =>
    to.op('MaxRoiPool', inputs, { pooled_shape: [down, across], spatial_scale: { float: scale } }),
});
