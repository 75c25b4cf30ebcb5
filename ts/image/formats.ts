/** What kind of file bytes are, by how they begin. */

/** The formats that are decoded. */
export type Format = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'BMP';

/** How each format begins, a character for a byte; ? is any. */
const BEGINS: readonly (readonly [name: string, start: string])[] = [
  ['JPEG', '\xff\xd8\xff'],
  ['PNG', '\x89PNG\r\n\x1a\n'],
  ['WebP', 'RIFF????WEBP'],
  ['GIF', 'GIF87a'],
  ['GIF', 'GIF89a'],
  ['BMP', 'BM'],
  // What is not decoded, for the sentence.
  ['AVIF', '????ftypavi'],
  ['HEIC', '????ftyphei'],
  ['HEIC', '????ftypmif'],
  ['MP4', '????ftyp'],
  ['TIFF', 'II*\0'],
  ['TIFF', 'MM\0*'],
  ['JPEG XL', '\xff\x0a'],
  ['JPEG XL', '\0\0\0\x0cJXL '],
  ['JPEG 2000', '\0\0\0\x0cjP  '],
  ['PSD', '8BPS'],
  ['PDF', '%PDF'],
  ['ICO', '\0\0\x01\0'],
  ['SVG', '<svg'],
  ['XML', '<?xml'],
  ['HTML', '<!doctype'],
  ['HTML', '<!DOCTYPE'],
  ['HTML', '<html'],
];

/** The name of the bytes' format, also of some that are not decoded; undefined for others. */
export function formatOf(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 64)).trimStart();
  const begins = (start: string): boolean => [...start].every((one, i) => one === '?' || one === text[i]);
  return BEGINS.find(([, start]) => begins(start))?.[0];
}

/** How bytes begin, for a sentence. */
export function beginning(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty';
  const first = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `a file that begins with ${first.join(' ')}`;
}
