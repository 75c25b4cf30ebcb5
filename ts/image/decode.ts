/** What decoding a picture's file is, whichever runtime: the bytes checked, the format's codec called, faults as sentences. */
import { checkOptions, integer } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import { tagOf } from '../base/realm.ts';
import { type Codec, type Coded, call, FAULT, loaded } from './codec.ts';
import { beginning, type Format, formatOf } from './formats.ts';

/** A picture as a decoder gives it. */
export interface DecodedPicture {
  /** width * height * channels bytes: rows from the top, channels side by side. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** As the file has them: 1 grey, 2 grey and alpha, 3 red, green, blue, 4 these and alpha, which is not multiplied in. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** The options of `decodeImage` and of the decoders of one format. */
export interface DecodeOptions {
  /** The most pixels that a picture may have; default 64 million. A larger one is refused before anything is decoded. */
  maxPixels?: number | undefined;
}

/** A picture's file. */
export type PictureBytes = ArrayBuffer | ArrayBufferView;

/** A decoder. */
export type Decode = (bytes: PictureBytes, options?: DecodeOptions) => Promise<DecodedPicture>;

const MAX_PIXELS = 64e6;

/** A decoder of the formats that have a codec here; `where` is its name. */
export function decoder(where: string, codecs: Partial<Record<Format, Codec>>): Decode {
  const formats = Object.keys(codecs);
  const must = formats.length === 1 ? `a ${formats[0]} file` : 'a JPEG, PNG, WebP, GIF or BMP file';
  return async (given, options) => {
    checkOptions(where, options, ['maxPixels']);
    const maxPixels = options?.maxPixels ?? MAX_PIXELS;
    integer(where, 'maxPixels', maxPixels, 1, Number.MAX_SAFE_INTEGER);
    const bytes = bytesOf(where, given);
    const format = formatOf(bytes) as Format | undefined;
    const codec = format && codecs[format];
    if (!codec) {
      const what = format ? `${articleOf(format)} ${format} file` : beginning(bytes);
      throw new RangeError(`${where}: bytes is ${what}, must be ${must}`);
    }
    const coded = call(codec, await loaded(where, codec), bytes, (wasm) => wasm.decode(maxPixels));
    if (coded.fault !== 0) throw faultOf(where, format, coded, maxPixels);
    const { data, width, height, channels } = coded;
    return { data, width, height, channels: channels as DecodedPicture['channels'] };
  };
}

const articleOf = (format: string): string => (/^(AVIF|MP4|ICO|SVG|XML|HTML)/.test(format) ? 'an' : 'a');

/** What a format knows and its codec does not. */
const UNSUPPORTED: Partial<Record<Format, string>> = {
  JPEG: 'arithmetic or lossless coding, or samples of 12 bits',
  BMP: 'a compression of its own, or a JPEG or PNG file inside',
};

function faultOf(
  where: string,
  format: Format,
  { fault, width, height, cause }: Coded,
  maxPixels: number,
): Error {
  const file = `bytes is a ${format} file`;
  switch (fault) {
    case FAULT.tooLarge:
      return new RangeError(
        `${where}: ${file} of ${width} x ${height} pixels, must have at most ${maxPixels} (maxPixels)`,
      );
    case FAULT.endsEarly:
      return new Error(`${where}: ${file} that ends early`);
    case FAULT.unsupported:
      return new Error(`${where}: ${file} with ${UNSUPPORTED[format]}, which is not supported`);
    case FAULT.noMemory:
      return new Error(`${where}: no memory for this ${format} file`, { cause });
    default:
      return new Error(`${where}: bytes is a damaged ${format} file`, { cause });
  }
}

/** The bytes that were given. @throws TypeError for what has none, with what to write */
function bytesOf(where: string, given: unknown): Uint8Array {
  if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  if (/^(Shared)?ArrayBuffer$/.test(tagOf(given))) return new Uint8Array(given as ArrayBuffer);
  const hint = /^(Response|Blob|File)$/.test(tagOf(given)) ? ': give what its arrayBuffer() gives' : '';
  throw wrongKind(where, 'bytes', given, `a Uint8Array or an ArrayBuffer${hint}`);
}
