/** Instructions that read between the elements of pictures: at a grid's positions, and in boxes. */
import { DTYPE } from '../base/boundary.ts';
import { sampling } from '../engine/sides/sampling.ts';
import { type Buffer, type Builder, bits, type OperandsOf } from './builder.ts';
import { OP } from './table.ts';

export interface GridOptions {
  readonly n: number;
  readonly channels: number;
  /** x's two or three sizes. */
  readonly spatial: readonly number[];
  /** Positions of an image's grid. */
  readonly positions: number;
  /** The number of one of GRID_MODES. */
  readonly mode: number;
  /** The number of one of GRID_PADDINGS. */
  readonly padding: number;
  readonly alignCorners: boolean;
}

function gridWords({ n, channels, spatial, positions, mode, padding, alignCorners }: GridOptions): number[] {
  const sizes = spatial.length === 2 ? [1, ...spatial] : spatial;
  return [
    ...[DTYPE.float32, n, channels, spatial.length, ...sizes, positions],
    ...[mode, padding, alignCorners ? 1 : 0],
  ];
}

/** y = x at the grid's positions. */
export function writeGridSample(
  to: Builder,
  { x, grid, y }: OperandsOf<'gridSample'>,
  options: GridOptions,
): void {
  to.needs(sampling);
  to.step(OP.gridSample, [x, grid], [y], gridWords(options));
}

export function writeGridSampleGradient(
  to: Builder,
  { x, grid, dy, dx = null, dgrid = null }: OperandsOf<'gridSampleGradient'>,
  options: GridOptions,
): void {
  to.needs(sampling);
  to.step(OP.gridSampleGradient, [x, grid, dy], [dx, dgrid], gridWords(options));
}

export interface RoiOptions {
  /** x's shape [n, channels, height, width]. */
  readonly shape: readonly number[];
  readonly boxes: number;
  /** Bins down and across. */
  readonly bins: readonly [number, number];
  /** Elements of x per unit of the boxes. */
  readonly scale: number;
  /** Samples per bin and axis; 0: one per element. */
  readonly samples: number;
  readonly aligned: boolean;
}

function roiWords({ shape, boxes, bins, scale, samples, aligned }: RoiOptions): number[] {
  return [...[DTYPE.float32, ...shape, boxes, ...bins], ...[bits(scale), samples, aligned ? 1 : 0]];
}

function stepRoi(
  to: Builder,
  opcode: number,
  reads: readonly Buffer[],
  write: Buffer,
  options: RoiOptions,
): void {
  const words = roiWords(options);
  const { scratch } = to.plan('roiAlign', opcode, words);
  to.step(opcode, reads, [write], words, { scratch });
}

/** y = the means of x in the bins of boxes. */
export function writeRoiAlign(
  to: Builder,
  { x, boxes, y }: OperandsOf<'roiAlign'>,
  options: RoiOptions,
): void {
  to.needs(sampling);
  stepRoi(to, OP.roiAlign, [x, boxes], y, options);
}

export function writeRoiAlignGradient(
  to: Builder,
  { boxes, dy, dx }: OperandsOf<'roiAlignGradient'>,
  options: RoiOptions,
): void {
  to.needs(sampling);
  stepRoi(to, OP.roiAlignGradient, [boxes, dy], dx, options);
}

export interface RoiMaxOptions extends RoiOptions {
  /** The elements of boxes that are rounded to whole elements, rather than those around samples. */
  readonly whole: boolean;
}

/** y = the largest values of x in the bins of boxes. */
export function writeRoiMax(
  to: Builder,
  { x, boxes, y }: OperandsOf<'roiMax'>,
  { whole, ...options }: RoiMaxOptions,
): void {
  to.needs(sampling);
  to.step(OP.roiMax, [x, boxes], [y], [...roiWords(options), whole ? 1 : 0]);
}

export function writeRoiMaxGradient(
  to: Builder,
  { x, boxes, dy, dx }: OperandsOf<'roiMaxGradient'>,
  { whole, ...options }: RoiMaxOptions,
): void {
  to.needs(sampling);
  to.step(OP.roiMaxGradient, [x, boxes, dy], [dx], [...roiWords(options), whole ? 1 : 0]);
}
