// What the models of the zoo are given: photographs, text and a voice-like sound where a model is made for them, and
// numbers from fixed seeds where not. Each is a function that makes { dtype, shape, data } when it is called.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fetchData } from '../fetch-data.mjs';
import { root } from '../lib/report.mjs';

const elements = (shape) => shape.reduce((total, size) => total * size, 1);

/** A linear congruential generator of 32 bits (Numerical Recipes), its upper 24 bits as a number from 0 to 1. */
export function seeded(seed) {
  let state = (seed * 2654435761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

export const floats = (shape, data) => () => ({ dtype: 'float32', shape, data: Float32Array.from(data) });
export const zeros = (shape) => () => ({ dtype: 'float32', shape, data: new Float32Array(elements(shape)) });

/** Near a normal distribution: the sum of four uniform numbers, of variance `scale`^2. */
export const noise =
  (shape, { seed = 1, scale = 1 } = {}) =>
  () => {
    const next = seeded(seed);
    const one = () => (next() + next() + next() + next() - 2) * Math.sqrt(3) * scale;
    return { dtype: 'float32', shape, data: Float32Array.from({ length: elements(shape) }, one) };
  };

/** Whole numbers from 0 to `below` - 1, as they index a table. */
export const indices =
  (shape, below, { seed = 1, dtype = 'int64' } = {}) =>
  () => {
    const next = seeded(seed);
    const data = Array.from({ length: elements(shape) }, () => Math.floor(next() * below));
    return { dtype, shape, data: dtype === 'float32' ? Float32Array.from(data) : Int32Array.from(data) };
  };

export const integer = (value) => () => ({ dtype: 'int64', shape: [], data: Int32Array.of(value) });

/** The first bytes of this repository's documents as numbers, a row each. */
export const bytesOfText = (rows, length) => () => {
  const files = ['README.md', 'package.json', 'LICENSE'].slice(0, rows);
  const data = files.flatMap((file) => [...readFileSync(path.join(root, file)).subarray(0, length)]);
  return { dtype: 'int32', shape: [rows, length], data: Int32Array.from(data) };
};

/** Harmonics of a gliding voice with pauses, 16 kHz, a row each; largest magnitude `loud`. */
export const voice =
  (shape, { loud = 0.5, rate = 16000 } = {}) =>
  () => {
    const next = seeded(5);
    let phase = 0;
    const data = Float32Array.from({ length: elements(shape) }, (_, i) => {
      const seconds = i / rate;
      phase += (2 * Math.PI * (140 + 60 * Math.sin(3 * seconds))) / rate;
      const harmonics = [1, 0.6, 0.4, 0.3, 0.2].reduce(
        (sum, size, k) => sum + size * Math.sin(phase * (k + 1)),
        0,
      );
      const speaks = Math.max(0, Math.sin(2 * Math.PI * 1.3 * seconds));
      return loud * (0.35 * harmonics * speaks + 0.02 * (next() - 0.5));
    });
    return { dtype: 'float32', shape, data };
  };

export const IMAGENET = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
export const SIGNED = { scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const PLAIN = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };

/** Letters as lines on a grid of 4 x 6, so that no font is needed. */
const STROKES = {
  s: 'M4 0H0V3H4V6H0',
  t: 'M0 0H4M2 0V6',
  r: 'M0 6V0H4V3H0L4 6',
  i: 'M2 0V6',
  a: 'M0 6V0H4V6M0 3H4',
  e: 'M4 0H0V6H4M0 3H3',
  n: 'M0 6V0L4 6V0',
  o: 'M0 0H4V6H0Z',
};

/** A picture of `rows` lines of words, dark on light, as SVG. */
function pageOf(width, height, rows, ruled) {
  const size = height / (rows * 1.6 + 0.6);
  const words = ['station', 'orient', 'treason', 'siesta', 'nine', 'ratios'];
  const unit = size / 6;
  const letters = [];
  for (let row = 0, word = 0; row < rows; row++) {
    for (let x = size * 0.6; x < width - size * 6; x += size, word++) {
      for (const letter of words[word % words.length]) {
        const at = `translate(${x} ${size * (0.6 + 1.6 * row)}) scale(${unit})`;
        letters.push(`<path transform="${at}" d="${STROKES[letter]}"/>`);
        x += size;
      }
    }
  }
  // A table: a line around each row, and four columns.
  for (let row = 0; ruled && row <= rows; row++)
    letters.push(`<path d="M${size * 0.3} ${size * (0.3 + 1.6 * row)}H${width - size * 0.3}"/>`);
  for (let column = 0; ruled && column <= 4; column++) {
    const x = size * 0.3 + (column * (width - size * 0.6)) / 4;
    letters.push(`<path d="M${x} ${size * 0.3}V${size * (0.3 + 1.6 * rows)}"/>`);
  }
  const style = 'fill="none" stroke="#223" stroke-width="0.9"';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#eee8dd"/><g ${style}>${letters.join('')}</g></svg>`;
}

/**
 * The `photo`-th photograph, and the next ones for a batch, or a page with `text` lines (`ruled`: as a table), at the shape's size: [n, 3, h, w], or [n, h, w, 3 or 4] with
 * `last`, a fourth channel holding 1. One channel is the green one. A value is (v scale - mean) / std; `bgr` turns the channels.
 */
export const photo =
  (shape, { photo: first = 0, text, ruled = false, last = false, bgr = false, of = PLAIN } = {}) =>
  async () => {
    const { default: sharp } = await import('sharp');
    const { photos } = fetchData({ log: () => {} });
    const [batch, channels, height, width] = last ? [shape[0], shape[3], shape[1], shape[2]] : shape;
    const plane = height * width;
    const data = new Float32Array(batch * channels * plane).fill(1);
    for (let n = 0; n < batch; n++) {
      const page = text === undefined ? null : Buffer.from(pageOf(width, height, text + n, ruled));
      const pixels = await sharp(page ?? photos[(first + n) % photos.length])
        .rotate()
        .resize(width, height, { fit: 'fill' })
        .removeAlpha()
        .raw()
        .toBuffer();
      for (let c = 0; c < Math.min(3, channels); c++) {
        const from = channels === 1 ? 1 : bgr ? 2 - c : c;
        for (let i = 0; i < plane; i++) {
          const value = (pixels[i * 3 + from] * of.scale - of.mean[from]) / of.std[from];
          data[n * channels * plane + (last ? i * channels + c : c * plane + i)] = value;
        }
      }
    }
    return { dtype: 'float32', shape, data };
  };
