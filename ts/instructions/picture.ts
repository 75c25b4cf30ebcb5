/** The instruction that makes a network's input of a picture. */
import { DTYPE } from '../base/boundary.ts';
import { pictures } from '../engine/sides/pictures.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import { OP } from './table.ts';

export interface PictureOptions {
  /** Of the piece of a picture that is given at a time: its row's pixels, their channels, and how many rows at most. */
  readonly width: number;
  readonly channels: number;
  readonly rows: number;
  /** Height and width of y. */
  readonly size: readonly number[];
  /** y is [height, width, channels]. */
  readonly interleaved: boolean;
  /** Left, top, width and height of the rectangle in y that the picture fills. */
  readonly inner: readonly number[];
  /** Across and down: even. */
  readonly taps: readonly [number, number];
  readonly rowsFirst: boolean;
  /** The first channel is to be the lightness of three. */
  readonly lightness: boolean;
  /** For each channel of y, one of the picture's, or 4 for full bytes. */
  readonly planes: readonly number[];
  readonly pad: number;
  readonly floats: boolean;
  /** Of each channel of y; none without floats. */
  readonly factors: readonly number[];
  readonly summands: readonly number[];
}

/** Rows of y out of the rows of a piece of a picture; `band` says at each run which. */
export function writePicture(
  to: Builder,
  { x, columns, rows, band, y }: OperandsOf<'picture'>,
  options: PictureOptions,
): void {
  to.needs(pictures);
  const { planes, factors, summands, taps } = options;
  const flag = (value: boolean): number => (value ? 1 : 0);
  const four = [0, 1, 2, 3];
  const words = [
    ...[DTYPE.uint8, options.width, options.channels, options.rows],
    ...[...options.size, flag(options.interleaved), ...options.inner, ...taps],
    ...[flag(options.rowsFirst), flag(options.lightness)],
    ...[planes.length, ...four.map((c) => planes[c] ?? 0)],
    ...[options.pad, flag(options.floats)],
    ...four.flatMap((c) => [bits(factors[c] ?? 1), bits(summands[c] ?? 0)]),
  ];
  const { scratch } = to.plan('fromImage', OP.picture, words);
  to.step(OP.picture, [x, columns, rows, band], [y], words, { scratch });
}
