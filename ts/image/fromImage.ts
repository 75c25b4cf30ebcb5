/**
 * fromImage: a picture as a network's input, by one instruction that resizes, chooses channels, scales and lays out. The
 * picture lies outside the linear memory: pieces of it are copied there, rows that stay in the cache, and each makes its
 * rows of the input.
 */
import { elementCount } from '../base/checks.ts';
import { bytesPer } from '../base/dtype.ts';
import { type Engine, engine } from '../engine/engine.ts';
import { allocate, release, type Storage, sharedArena } from '../engine/memory.ts';
import { Builder } from '../instructions/builder.ts';
import { writePicture } from '../instructions/picture.ts';
import { ARENA } from '../instructions/words.ts';
import { Instructions } from '../program/instructions.ts';
import { emptyTensor, storageOf, type Tensor } from '../tensor/tensor.ts';
import { type FromImageOptions, type Settings, settingsOf } from './options.ts';
import { pixelsOf } from './pixels.ts';
import { type Placement, placementOf } from './placement.ts';
import type { PictureSource, Pixels } from './source.ts';
import { type Taps, tapsOf } from './taps.ts';

/** Bytes of the picture that are copied at a time: from 64 to 512 kB take the same, within a tenth. */
const PIECE = 128 << 10;
/** Bytes behind a piece that vectors may read. */
const SLACK = 16;
/** The plane that stands for an alpha that there is not. */
const OPAQUE = 4;

/** A piece's rows, and the columns of the picture that it holds. */
interface Piece {
  readonly rows: number;
  readonly left: number;
  readonly width: number;
}

/**
 * A picture as a network's input: a part of it, resized, its channels chosen, (byte * scale - mean) / std, in one pass into the
 * tensor's memory. Bytes are those of Pillow's `resize`, one level apart at most where sums are rounded otherwise.
 * @param source { data, width, height, channels } as decoders give it, an ImageData (of Display P3 too, which becomes sRGB), and
 * in browsers what a canvas draws: an ImageBitmap, `<img>`, `<video>`, `<canvas>`, an OffscreenCanvas, a VideoFrame
 * @returns [1, channels, height, width], or with layout 'NHWC' [1, height, width, channels]
 * @throws TypeError, RangeError for what is no picture, and for wrong options; Error where a page may not read the pixels;
 * OutOfMemoryError
 * @example
 * ```ts
 * const picture = { data: new Uint8Array(640 * 480 * 3), width: 640, height: 480 };
 * const x = fromImage(picture, { size: [224, 224], fit: 'cover', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
 * ```
 */
export function fromImage<D extends 'float32' | 'uint8' = 'float32'>(
  source: PictureSource,
  options: FromImageOptions<D> = {},
): Tensor<D> {
  const where = 'fromImage';
  const on = engine(where);
  const settings = settingsOf(where, options);
  const picture = pixelsOf(where, 'source', source);
  const placement = placementOf(where, picture, settings);
  const [height, width] = placement.size;
  const { channels, layout, dtype } = settings;
  const shape = layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
  elementCount(where, shape, bytesPer(dtype));
  const made = emptyTensor(where, shape, dtype);
  try {
    fill(on, picture, placement, settings, made);
  } catch (error) {
    made.dispose();
    throw error;
  }
  return made as unknown as Tensor<D>;
}

function fill(
  on: Engine,
  picture: Pixels,
  placement: Placement,
  settings: Settings,
  made: Tensor<'float32' | 'uint8'>,
): void {
  const { region, inner } = placement;
  const [x = 0, y = 0, across = 0, down = 0] = region;
  const { interpolation, antialias } = settings;
  const columns = tapsOf(picture.width, x, across, inner[2] as number, interpolation, antialias);
  const rows = tapsOf(picture.height, y, down, inner[3] as number, interpolation, antialias);
  const piece = pieceOf(picture, columns, rows);
  const storages: Storage[] = [];
  let instructions: Instructions | null = null;
  try {
    const room = (bytes: number): Storage => {
      const storage = allocate('fromImage', bytes, true);
      storages.push(storage);
      return storage;
    };
    const bytes = piece.rows * piece.width * picture.channels + SLACK;
    const [input, across, down, band] = [
      ...[room(bytes), room(tableBytes(columns)), room(tableBytes(rows)), room(12)],
    ] as [Storage, Storage, Storage, Storage];
    const output = storageOf('fromImage', 't', made);
    const to = new Builder(on, 'fromImage');
    const external = ({ bytes }: Storage) => to.external(bytes);
    writePicture(
      to,
      {
        ...{ x: external(input), columns: external(across), rows: external(down) },
        ...{ band: external(band), y: external(output) },
      },
      {
        ...{ width: piece.width, channels: picture.channels, rows: piece.rows },
        ...{ size: placement.size, interleaved: settings.layout === 'NHWC', inner },
        ...{ taps: [columns.count, rows.count], rowsFirst: interpolation === 'bilinear' },
        ...channelsOf(picture, settings),
        ...{ pad: settings.pad, floats: settings.dtype === 'float32' },
        ...{ factors: settings.factors, summands: settings.summands },
      },
    );
    instructions = new Instructions(on, 'fromImage', to.encode(to.steps, to.arenaBytes), ['fromImage']);
    instructions.bind(ARENA, sharedArena('fromImage', to.arenaBytes));
    const bound = [input, across, down, band, output];
    for (const [i, { address }] of bound.entries()) instructions.bind(ARENA + 1 + i, address);
    writeTable(on, across, columns, piece.left);
    writeTable(on, down, rows, 0);
    runPieces(on, instructions, { picture, placement, piece, rows, input, band });
  } finally {
    instructions?.free();
    for (const storage of storages) release(storage);
  }
}

/** As many rows as fit, those of one row of the input at least; columns that count. */
function pieceOf({ width, height, channels }: Pixels, columns: Taps, rows: Taps): Piece {
  const left = columns.firsts[0] as number;
  const end = Math.min(width, (columns.firsts.at(-1) as number) + columns.count);
  const most = Math.floor(PIECE / ((end - left) * channels));
  return { rows: Math.max(rows.count, Math.min(height, most)), left, width: end - left };
}

/** Which of the picture's channels those of the input are. */
function channelsOf(picture: Pixels, { channels, order }: Settings) {
  const isGrey = picture.channels < 3;
  const colors = isGrey ? [0, 0, 0] : order === 'bgr' ? [2, 1, 0] : [0, 1, 2];
  const alpha = picture.channels % 2 === 0 ? picture.channels - 1 : OPAQUE;
  const planes = channels === 1 ? [0] : channels === 3 ? colors : [...colors, alpha];
  return { planes, lightness: channels === 1 && !isGrey };
}

const tableBytes = ({ firsts, weights }: Taps): number => firsts.byteLength + weights.byteLength;

function writeTable({ memory }: Engine, { address }: Storage, { firsts, weights }: Taps, left: number): void {
  const { buffer } = memory;
  new Int32Array(buffer, address, firsts.length).set(firsts.map((first) => first - left));
  new Int16Array(buffer, address + firsts.byteLength, weights.length).set(weights);
}

interface Work {
  readonly picture: Pixels;
  readonly placement: Placement;
  readonly piece: Piece;
  readonly rows: Taps;
  readonly input: Storage;
  readonly band: Storage;
}

/** Copies piece after piece and makes the rows of each. */
function runPieces(on: Engine, instructions: Instructions, work: Work): void {
  const { picture, placement, piece, rows, input, band } = work;
  const { buffer } = on.memory;
  const bandWords = new Int32Array(buffer, band.address, 3);
  const bytes = new Uint8Array(buffer, input.address, input.bytes);
  const [height] = placement.size;
  const [, top, , down] = placement.inner as [number, number, number, number];
  const firstOf = (row: number): number => rows.firsts[Math.min(Math.max(0, row - top), down - 1)] as number;
  for (let row = 0; row < height; ) {
    const start = firstOf(row);
    let end = row + 1;
    while (end < height && firstOf(end) + rows.count <= start + piece.rows) end++;
    copyRows(bytes, picture, piece, start, firstOf(end - 1) + rows.count);
    bandWords.set([row, end - row, start]);
    instructions.run('fromImage');
    row = end;
  }
}

/** Copies rows of the picture, as far as there are any. */
function copyRows(
  to: Uint8Array,
  { data, width, height, channels }: Pixels,
  piece: Piece,
  first: number,
  end: number,
): void {
  const [row, own] = [width * channels, piece.width * channels];
  const last = Math.min(end, height);
  if (row === own) to.set(data.subarray(first * row, last * row));
  else {
    for (let y = first; y < last; y++) {
      const from = y * row + piece.left * channels;
      to.set(data.subarray(from, from + own), (y - first) * own);
    }
  }
}
