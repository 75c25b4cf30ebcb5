/** Reads a digit: the ten scores as shares, and what the two convolutions give. */
import { compile, type Program, scope, softmax, type Tensor, tensor } from 'striate';
import { pictureGrid } from 'striate/analyze';
import { readSafetensors } from 'striate/files';
import { digitNet, SIDE } from '../digits/net.ts';

export type DigitNet = ReturnType<typeof digitNet>;

export interface Picture {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export interface Read {
  readonly shares: readonly number[];
  /** Maps of the first and of the second convolution, after their rectifiers. */
  readonly maps: readonly Picture[];
  readonly milliseconds: number;
}

let loaded: Promise<{ net: DigitNet; program: Program }> | null = null;

async function load(address: string): Promise<{ net: DigitNet; program: Program }> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const net = digitNet();
  net.loadStateDict(readSafetensors(new Uint8Array(await response.arrayBuffer())).tensors);
  net.eval();
  const program = compile(net, { inputs: [[1, 1, SIDE, SIDE]], outputs: ['1', '4', '9'] });
  return { net, program };
}

/** The trained net of the playground, loaded once. */
export async function trainedNet(address: string): Promise<DigitNet> {
  loaded ??= load(address);
  return (await loaded).net;
}

export const asPicture = ({
  data,
  width,
  height,
}: {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}): Picture => ({
  data: data as Uint8ClampedArray<ArrayBuffer>,
  width,
  height,
});

/** @param pixels 28 by 28, from 0 to 1 */
export async function read(address: string, pixels: Float32Array): Promise<Read> {
  loaded ??= load(address);
  const { program } = await loaded.catch((error: Error) => {
    loaded = null;
    throw error;
  });
  const started = performance.now();
  return scope(() => {
    const found = program.run(tensor(pixels, [1, 1, SIDE, SIDE])) as unknown as Record<string, Tensor>;
    const shares = [...softmax(found['9'] as Tensor, { dim: 1 }).data];
    const milliseconds = performance.now() - started;
    const maps = ['1', '4'].map((name) =>
      asPicture(
        pictureGrid(found[name] as Tensor, { normalize: 'all', colormap: 'viridis', columns: 8, scale: 2 }),
      ),
    );
    return { shares, maps, milliseconds };
  });
}
