/**
 * From the text in build/kernels.js to bytes: base64, deflate, and the differences between the two variants. Each
 * step takes what the runtime has, the fastest first, and nothing of it is a dependency.
 */
import { builtin } from '../base/builtin.ts';
import { inflate } from './inflate.ts';

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as {
    Buffer?: { from(text: string, encoding: string): Uint8Array<ArrayBuffer> };
  };
  const native = Uint8Array as unknown as { fromBase64?(text: string): Uint8Array<ArrayBuffer> };
  return (
    native.fromBase64?.(text) ??
    Buffer?.from(text, 'base64') ??
    Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  );
}

/** Inflates at once to no more than `size` bytes: slowly where there is no node:zlib. @throws whatever, for what is damaged */
export function inflatedNow(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const options = { maxOutputLength: Math.max(1, size) };
  return builtin<Zlib>('node:zlib')?.inflateRawSync?.(bytes, options) ?? inflate(bytes, size);
}

interface Zlib {
  inflateRawSync?(bytes: Uint8Array, options?: { maxOutputLength: number }): Uint8Array<ArrayBuffer>;
}

export async function inflated(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = builtin<Zlib>('node:zlib');
  if (zlib?.inflateRawSync) return zlib.inflateRawSync(bytes);
  let stream: DecompressionStream;
  try {
    stream = new DecompressionStream('deflate-raw');
  } catch {
    return inflate(bytes, size);
  }
  // What comes out is awaited: where the data is damaged, that fails as well.
  const input = stream.writable.getWriter();
  const ignored = () => {};
  input.write(bytes).catch(ignored);
  input.close().catch(ignored);
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

/** What `from` becomes by `packed`, copies, corrections and insertions (scripts/lib/pack.mjs has the format). */
export function patched(from: Uint8Array, packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  // All three in one array: copies inside it make no objects.
  const all = new Uint8Array(size + from.length + packed.length);
  const [old, added] = [size, size + from.length];
  all.set(from, old);
  all.set(packed, added);
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = packed[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const [copies, corrections] = [number(), number()];
  const inserts = at + copies + corrections;
  let insert = inserts;
  let source = 0;
  for (let end = 0; end < size; ) {
    const distance = number();
    source += distance & 1 ? -(distance + 1) / 2 : distance / 2;
    const copied = number();
    const inserted = number();
    all.copyWithin(end, old + source, old + source + copied);
    all.copyWithin(end + copied, added + insert, added + insert + inserted);
    source += copied;
    insert += inserted;
    end += copied + inserted;
  }
  for (let place = 0; at < inserts; place++) {
    place += number();
    all[place]! += packed[at++]!;
  }
  return all.slice(0, size);
}
