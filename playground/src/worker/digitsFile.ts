/** The digits beside the page, which scripts/lib/playgroundFiles.mjs lays there: every fifth of a class is a test digit. */
import { type Tensor, tensor } from 'striate';
import { PIXELS, SIDE } from '../digits/net.ts';

/** Pixels of 0 to 255, one digit after the other, and their classes. */
export interface Some {
  readonly pixels: Uint8Array;
  readonly classes: Uint8Array;
}

export interface Digits {
  readonly train: Some;
  readonly test: Some;
}

let loaded: Promise<Digits> | null = null;

async function load(address: string): Promise<Digits> {
  const response = await fetch(address);
  if (!response.ok || response.body === null) throw new Error(`${address}: ${response.status}`);
  const stream = response.body.pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const [train = 0, test = 0] = new Uint32Array(bytes.buffer, 0, 2);
  const count = train + test;
  const classes = bytes.subarray(8, 8 + count);
  const pixels = bytes.subarray(8 + count);
  return {
    train: { classes: classes.subarray(0, train), pixels: pixels.subarray(0, train * PIXELS) },
    test: { classes: classes.subarray(train), pixels: pixels.subarray(train * PIXELS) },
  };
}

/** All of them, loaded once; where that went wrong, again. */
export async function loadDigits(address: string): Promise<Digits> {
  loaded ??= load(address);
  try {
    return await loaded;
  } catch (error) {
    loaded = null;
    throw error;
  }
}

/** Those at these places, as a net takes them, and their classes. */
export function batchOf({ pixels, classes }: Some, at: ArrayLike<number>): [Tensor, Tensor<'int32'>] {
  const x = new Float32Array(at.length * PIXELS);
  const y = new Int32Array(at.length);
  for (let i = 0; i < at.length; i++) {
    const from = (at[i] as number) * PIXELS;
    for (let j = 0; j < PIXELS; j++) x[i * PIXELS + j] = (pixels[from + j] as number) / 255;
    y[i] = classes[at[i] as number] as number;
  }
  return [tensor(x, [at.length, 1, SIDE, SIDE]), tensor(y)];
}
