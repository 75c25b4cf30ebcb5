/** The checksum of ZIP archives and gzip (CRC-32 of ISO 3309). */
import { builtin } from './builtin.ts';

let table: Int32Array | undefined;

/** As node:zlib has it, where there is one, else by a table of a byte's remainders. */
export function crc32(bytes: Uint8Array): number {
  const native = builtin<{ crc32?(bytes: Uint8Array): number }>('node:zlib')?.crc32;
  if (native !== undefined) return native(bytes);
  table ??= Int32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
    return remainder;
  });
  let crc = -1;
  for (let i = 0; i < bytes.length; i++)
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 255] as number);
  return ~crc >>> 0;
}
