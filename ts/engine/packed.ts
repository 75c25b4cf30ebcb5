/** A module of the kernels as the build packs it into JavaScript: both variants, the one made of the other. */
import type { packed } from '../../build/kernels.js';
import { fromBase64, inflated, inflatedNow, patched } from './decode.ts';
import type { Variant } from './hosted.ts';
import { plain } from './plain.ts';

export type Packed = typeof packed;

type Bytes = Uint8Array<ArrayBuffer>;

/** What is to be inflated, and how large it becomes. */
function texts(from: Packed, variant: Variant): (readonly [deflated: Bytes, size: number])[] {
  const relaxed = [fromBase64(from.relaxed), from.relaxedBytes] as const;
  if (variant === 'relaxed') return [relaxed];
  return [relaxed, [fromBase64(from.simdDifference), from.simdDifferenceBytes]];
}

const joined = ({ simdBytes }: Packed, [relaxed, difference]: readonly Bytes[]): Bytes =>
  difference ? patched(plain(relaxed as Bytes), difference, simdBytes) : (relaxed as Bytes);

/** The bytes of a variant. */
export const unpacked = async (from: Packed, variant: Variant): Promise<Bytes> =>
  joined(from, await Promise.all(texts(from, variant).map(([text, size]) => inflated(text, size))));

/** The same at once: slowly where there is no node:zlib. */
export const unpackedNow = (from: Packed, variant: Variant): Bytes =>
  joined(
    from,
    texts(from, variant).map(([text, size]) => inflatedNow(text, size)),
  );

/** Bytes that import a shared memory, where the caller shares it; they are changed. */
export function sharing(bytes: Bytes, flag: number): Bytes {
  bytes[flag] = 3;
  return bytes;
}
