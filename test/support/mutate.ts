/** Files that are nearly right, for what reads files. */
import type { Choices } from './random.ts';

/** A file with a few bytes changed, left out, put in or copied elsewhere, or cut, at places out of `structure`. */
export function mutate(choose: Choices, original: Uint8Array, structure: readonly number[]): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let changes = choose.integer(1, 4); changes > 0 && bytes.length > 0; changes--) {
    const at = Math.min(choose.of(structure), bytes.length - 1);
    const count = choose.integer(1, 8);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (choose.integer(0, 6)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << choose.integer(0, 7));
        break;
      case 1:
        bytes[at] = choose.of([0, 1, 2, 0x7f, 0x80, 0xff, choose.integer(0, 255)]);
        break;
      case 2:
        bytes.fill(choose.of([0, 0x7f, 0xff]), at, at + count);
        break;
      case 3:
        bytes = joined(before, after.subarray(count));
        break;
      case 4:
        bytes = joined(
          before,
          Uint8Array.from({ length: count }, () => choose.integer(0, 255)),
          after,
        );
        break;
      case 5: {
        const from = choose.of(structure);
        bytes.set(original.subarray(from, from + Math.min(count * 8, bytes.length - at)), at);
        break;
      }
      default:
        if (choose.next() < 0.3) bytes = bytes.slice(0, at + 1);
    }
  }
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
