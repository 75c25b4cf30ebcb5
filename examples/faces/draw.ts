// The photograph with its faces marked: a box, six key points, and the score in percent.
import sharp from 'sharp';
import type { Photo } from './photo.ts';
import type { FoundFace } from './search.ts';

const COLOURS = { front: '#ffb000', back: '#00e5a0' };

/** Digits are drawn as seven-segment strokes: a machine without fonts would draw text as nothing. */
const SEGMENTS: Record<string, string> = {
  a: 'M0 0H1',
  b: 'M1 0V1',
  c: 'M1 1V2',
  d: 'M0 2H1',
  e: 'M0 1V2',
  f: 'M0 0V1',
  g: 'M0 1H1',
};
const DIGITS = ['abcdef', 'bc', 'abged', 'abgcd', 'fgbc', 'afgcd', 'afgedc', 'abc', 'abcdefg', 'abfgcd'];

function digit(value: number, x: number, y: number, height: number): string {
  const path = [...(DIGITS[value] as string)].map((name) => SEGMENTS[name]).join('');
  return `<path transform="translate(${x} ${y}) scale(${height / 2})" d="${path}" stroke-width="0.3"/>`;
}

function drawFace(face: FoundFace, unit: number): string {
  const colour = COLOURS[face.model];
  const { left, top, right, bottom } = face;
  const percent = [...String(Math.round(face.score * 100))];
  const height = 7 * unit;
  const labelWidth = percent.length * height * 0.8 + unit * 2;
  const labelTop = Math.max(0, top - height - 4 * unit);
  const digits = percent.map((character, i) =>
    digit(Number(character), left + 2 * unit + i * height * 0.8, labelTop + 2 * unit, height),
  );
  const points = face.points.map(
    ({ x, y }) => `<circle cx="${x}" cy="${y}" r="${1.6 * unit}" stroke-width="${unit / 2}"/>`,
  );
  return `
    <rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" rx="${2 * unit}"
      fill="none" stroke="${colour}" stroke-width="${unit}"/>
    <rect x="${left}" y="${labelTop}" width="${labelWidth}" height="${height + 4 * unit}" fill="${colour}"/>
    <g fill="none" stroke="#000" stroke-linecap="round">${digits.join('')}</g>
    <g fill="${colour}" stroke="#000">${points.join('')}</g>`;
}

/** Writes a JPEG to `path`. */
export async function drawFaces(photo: Photo, faces: FoundFace[], path: string): Promise<void> {
  const { width, height, pixels } = photo;
  const unit = Math.max(1, Math.max(width, height) / 400);
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    ${faces.map((face) => drawFace(face, unit)).join('')}</svg>`;
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(overlay), left: 0, top: 0 }])
    .jpeg({ quality: 90 })
    .toFile(path);
}
