/**
 * What happens at each step of the animation, in float64. A window's step is an output: its terms are what it multiplies (or of what
 * pooling takes the greatest, the mean ...). A scattering step is an input of a transposed convolution: it adds its value
 * times the kernel to the outputs around.
 */
import type { Config } from './config.ts';
import { kernelRows } from './config.ts';
import { type Axis, sourceOf } from './geometry.ts';

/** A place on a plane. */
export interface Place {
  readonly channel: number;
  readonly row: number;
  readonly column: number;
}

/** A number times a weight; pooling has no weights. */
export interface Term {
  /** Where the number stands: on the input with its padding and inserted zeros, from the input's first element on. */
  readonly at: Place;
  /** The input's element that it is, or null for a constant. */
  readonly source: number | null;
  readonly value: number;
  readonly weight: number;
  /** Which kernel, and which of its elements; of a flipped one the element as it is written. */
  readonly kernel: number;
  readonly tap: number;
}

export interface WindowStep {
  readonly output: Place;
  readonly terms: readonly Term[];
  /** A sum for each channel of the input that is read. */
  readonly partials: readonly number[];
  /** By what a mean is divided. */
  readonly divisor: number;
  readonly result: number;
}

export interface ScatterStep {
  readonly input: Place;
  readonly value: number;
  /** What is added where; outside of the output lies what the padding cuts off. */
  readonly adds: readonly {
    readonly output: Place;
    readonly weight: number;
    readonly tap: number;
    readonly kernel: number;
  }[];
}

const UNIT: Axis = {
  ...{ input: 1, kernel: 1, stride: 1, dilation: 1, lo: 0, hi: 0, outputPadding: 0, output: 1, span: 1 },
  same: false,
};

/** Rows and columns; a line has one row. */
export const planeAxes = (axes: readonly Axis[]): readonly [Axis, Axis] =>
  axes.length === 1 ? [UNIT, axes[0]!] : [axes[0]!, axes[1]!];

export const stepCount = (config: Config, axes: readonly Axis[]): number => {
  const [rows, columns] = planeAxes(axes);
  return isScatter(config)
    ? config.channels * rows.input * columns.input
    : outputsOf(config) * rows.output * columns.output;
};

export const isScatter = ({ operation, view }: Config): boolean =>
  operation === 'transposed' && view === 'scatter';

/** How many planes the output has. */
export const outputsOf = ({ operation, channels, outputs }: Config): number =>
  operation === 'pool' ? channels : outputs;

function placeOf(index: number, height: number, width: number): Place {
  const column = index % width;
  const row = Math.floor(index / width) % height;
  return { channel: Math.floor(index / (height * width)), row, column };
}

/** The taps of one output along an axis: where they stand, and which input that is. */
function tapsAlong(axis: Axis, output: number, mode: Config['mode']) {
  return Array.from({ length: axis.kernel }, (_, tap) => {
    const at = output * axis.stride - axis.lo + tap * axis.dilation;
    return { tap, at, source: sourceOf(at, axis.input, mode) };
  });
}

/** The same of a convolution over inserted zeros, which moves by one and reads the kernel backwards. */
function insertedTaps(axis: Axis, output: number) {
  return Array.from({ length: axis.kernel }, (_, k) => {
    const at = output + axis.lo - (axis.kernel - 1 - k) * axis.dilation;
    const source =
      at % axis.stride === 0 && at >= 0 && at / axis.stride < axis.input ? at / axis.stride : null;
    return { tap: axis.kernel - 1 - k, at, source };
  });
}

export function windowStep(config: Config, axes: readonly Axis[], index: number): WindowStep {
  const [rows, columns] = planeAxes(axes);
  const output = placeOf(index, rows.output, columns.output);
  const isPool = config.operation === 'pool';
  const isTransposed = config.operation === 'transposed';
  const mode = isPool ? 'zeros' : config.mode;
  const [down, across] = isTransposed
    ? [insertedTaps(rows, output.row), insertedTaps(columns, output.column)]
    : [tapsAlong(rows, output.row, mode), tapsAlong(columns, output.column, mode)];
  const read = readChannels(config, output.channel);
  const terms: Term[] = [];
  for (const { channel, kernel } of read) {
    for (const vertical of down) {
      for (const horizontal of across) {
        const source =
          vertical.source === null || horizontal.source === null
            ? null
            : vertical.source * columns.input + horizontal.source;
        const [i, j] =
          config.operation === 'conv' && config.flip
            ? [rows.kernel - 1 - vertical.tap, columns.kernel - 1 - horizontal.tap]
            : [vertical.tap, horizontal.tap];
        const tap = i * columns.kernel + j;
        terms.push({
          at: { channel, row: vertical.at, column: horizontal.at },
          source,
          value: source === null ? 0 : (config.x[channel]![source] as number),
          weight: isPool ? 1 : (config.w[kernel]![tap] as number),
          kernel,
          tap,
        });
      }
    }
  }
  return isPool ? pooled(config, [rows, columns], output, terms) : summed(output, terms, read.length);
}

/** Which input channels an output reads, and by which kernels. */
function readChannels(config: Config, output: number): { channel: number; kernel: number }[] {
  const { operation, channels, outputs, groups } = config;
  if (operation === 'pool') return [{ channel: output, kernel: 0 }];
  const perGroup = channels / groups;
  const group = Math.floor(output / (outputs / groups));
  const { columns } = kernelRows(config);
  return Array.from({ length: perGroup }, (_, i) => {
    const channel = group * perGroup + i;
    const kernel = operation === 'transposed' ? channel * columns + (output % columns) : output * columns + i;
    return { channel, kernel };
  });
}

function summed(output: Place, terms: readonly Term[], channels: number): WindowStep {
  const each = terms.length / channels;
  const partials = Array.from({ length: channels }, (_, c) =>
    terms.slice(c * each, (c + 1) * each).reduce((sum, { value, weight }) => sum + value * weight, 0),
  );
  return { output, terms, partials, divisor: 1, result: partials.reduce((a, b) => a + b, 0) };
}

function pooled(
  config: Config,
  axes: readonly [Axis, Axis],
  output: Place,
  all: readonly Term[],
): WindowStep {
  const [rows, columns] = axes;
  const isInside = (axis: Axis, at: number) => at < axis.input + axis.hi;
  // What lies beyond the padding, where ceil lets the last window reach, is not there at all.
  const within = all.filter(({ at }) => isInside(rows, at.row) && isInside(columns, at.column));
  const real = within.filter(({ source }) => source !== null);
  const values = real.map(({ value }) => value);
  const sum = values.reduce((a, b) => a + b, 0);
  const { pool, power, includePad } = config;
  if (pool === 'max' || pool === 'min')
    return { output, terms: real, partials: [], divisor: 1, result: Math[pool](...values) };
  if (pool === 'sum') return { output, terms: real, partials: [sum], divisor: 1, result: sum };
  if (pool === 'avg') {
    const divisor = includePad ? within.length : real.length;
    return {
      output,
      terms: includePad ? within : real,
      partials: [sum],
      divisor,
      result: divisor === 0 ? 0 : sum / divisor,
    };
  }
  const powers = values.reduce((total, value) => total + value ** power, 0);
  const scale = (rows.kernel * columns.kernel) / within.length;
  return {
    output,
    terms: within,
    partials: [powers],
    divisor: 1 / scale,
    result: (powers * scale) ** (1 / power),
  };
}

export function scatterStep(config: Config, axes: readonly Axis[], index: number): ScatterStep {
  const [rows, columns] = planeAxes(axes);
  const input = placeOf(index, rows.input, columns.input);
  const { columns: perGroup } = kernelRows(config);
  const group = Math.floor(input.channel / (config.channels / config.groups));
  const adds = [];
  for (let o = 0; o < perGroup; o++) {
    const kernel = input.channel * perGroup + o;
    for (let i = 0; i < rows.kernel; i++) {
      for (let j = 0; j < columns.kernel; j++) {
        const row = input.row * rows.stride - rows.lo + i * rows.dilation;
        const column = input.column * columns.stride - columns.lo + j * columns.dilation;
        const tap = i * columns.kernel + j;
        const weight = config.w[kernel]![tap] as number;
        adds.push({ output: { channel: group * perGroup + o, row, column }, weight, tap, kernel });
      }
    }
  }
  const value = config.x[input.channel]![input.row * columns.input + input.column] as number;
  return { input, value, adds };
}

/** What all scattering steps up to one have added, a plane for each output. */
export function scatteredUpTo(config: Config, axes: readonly Axis[], last: number): number[][] {
  const [rows, columns] = planeAxes(axes);
  const planes = Array.from({ length: config.outputs }, () =>
    new Array<number>(rows.output * columns.output).fill(0),
  );
  for (let step = 0; step <= last; step++) {
    const { value, adds } = scatterStep(config, axes, step);
    for (const { output, weight } of adds) {
      if (!isOnPlane(output, rows, columns)) continue;
      planes[output.channel]![output.row * columns.output + output.column]! += value * weight;
    }
  }
  return planes;
}

export const isOnPlane = ({ row, column }: Place, rows: Axis, columns: Axis): boolean =>
  row >= 0 && row < rows.output && column >= 0 && column < columns.output;

/** A cell of the input as it is drawn: with padding, and where zeros are inserted with these. */
export interface DrawnCell {
  readonly kind: 'input' | 'padding' | 'inserted';
  readonly source: number | null;
  readonly value: number | null;
}

export interface DrawnPlane {
  /** Which place the first drawn row and column have. */
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  cell(row: number, column: number): DrawnCell;
}

/** The input's planes as they are drawn. */
export function drawnPlane(config: Config, axes: readonly Axis[], channel: number): DrawnPlane {
  const [rows, columns] = planeAxes(axes);
  const { operation, x } = config;
  const isInserted = operation === 'transposed' && config.view === 'zeros';
  const extents = [rows, columns].map((axis) => extentOf(axis, isInserted, operation === 'transposed'));
  const [vertical, horizontal] = extents as [Extent, Extent];
  const plane = x[channel] as readonly number[];
  // Pooling of maxima and minima sees nothing in its padding.
  const blank =
    operation === 'pool' && config.pool !== 'avg' && config.pool !== 'lp' && config.pool !== 'sum';
  return {
    top: vertical.first,
    left: horizontal.first,
    height: vertical.count,
    width: horizontal.count,
    cell(row, column) {
      const at = [row + vertical.first, column + horizontal.first];
      const sources = [rows, columns].map((axis, i) => {
        const place = at[i] as number;
        if (!isInserted) return sourceOf(place, axis.input, operation === 'pool' ? 'zeros' : config.mode);
        return place >= 0 && place % axis.stride === 0 && place / axis.stride < axis.input
          ? place / axis.stride
          : null;
      });
      const [r, c] = sources as [number | null, number | null];
      const source = r === null || c === null ? null : r * columns.input + c;
      const isReal = [rows, columns].every((axis, i) => {
        const place = at[i] as number;
        const size = isInserted ? (axis.input - 1) * axis.stride + 1 : axis.input;
        return place >= 0 && place < size;
      });
      const kind = !isReal ? 'padding' : isInserted && source === null ? 'inserted' : 'input';
      return { kind, source, value: source === null ? (blank ? null : 0) : (plane[source] as number) };
    },
  };
}

interface Extent {
  readonly first: number;
  readonly count: number;
}

function extentOf(axis: Axis, isInserted: boolean, isTransposed: boolean): Extent {
  if (!isTransposed) {
    // What ceil lets the last window reach is drawn as well.
    const reach = (axis.output - 1) * axis.stride - axis.lo + axis.span;
    const end = Math.max(axis.input + axis.hi, reach);
    return { first: -axis.lo, count: end + axis.lo };
  }
  if (!isInserted) return { first: 0, count: axis.input };
  const first = Math.min(0, axis.lo - axis.dilation * (axis.kernel - 1));
  const end = Math.max((axis.input - 1) * axis.stride + 1, axis.output + axis.lo);
  return { first, count: end - first };
}
