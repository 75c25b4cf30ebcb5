/** The small files of pictures.json, which pictures.py makes, and how pixels are compared. */
import pictures from './pictures.json' with { type: 'json' };

interface Example {
  /** The file, and Pillow's pixels deflated, both in base64. */
  file: string;
  pixels: string;
  width: number;
  height: number;
  channels: number;
}

const examples: Record<string, Example> = pictures;

export { examples as pictures };

export const names = Object.keys(examples);

export const fileOf = (name: string): Uint8Array =>
  new Uint8Array(Buffer.from(examples[name]!.file, 'base64'));

/** The file with other bytes from `at` on. */
export function patched(name: string, at: number, bytes: number[]): Uint8Array {
  const file = fileOf(name);
  file.set(bytes, at);
  return file;
}

/** How far two pictures' bytes lie apart, at most and in the mean. */
export function differences(a: ArrayLike<number>, b: ArrayLike<number>): { most: number; mean: number } {
  if (a.length !== b.length) return { most: Infinity, mean: Infinity };
  let [most, sum] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(a[i]! - b[i]!);
    most = Math.max(most, apart);
    sum += apart;
  }
  return { most, mean: sum / a.length };
}
