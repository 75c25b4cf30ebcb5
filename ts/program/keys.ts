/**
 * How constants are made, as short texts: two values, or two buffers, have the same text where the same calls or steps make
 * them of the same storage. So programs of one model share what they make of its weights, and what is there already is not
 * even lowered.
 */
import type { Entry, Params } from '../graph/entry.ts';
import type { Value } from '../graph/value.ts';
import type { Buffer, Step } from '../instructions/builder.ts';

/** Gives a long text a short one: the same for the same. */
export type Shorten = (text: string) => string;

const numbers = /*#__PURE__*/ new WeakMap<Entry, number>();
let last = 0;

/** A number of its own for each operator. */
function numberOf(entry: Entry): number {
  let number = numbers.get(entry);
  if (number === undefined) {
    number = ++last;
    numbers.set(entry, number);
  }
  return number;
}

/** Numbers that a text tells apart: zero has two signs. */
export const exactly = (params: Params): string =>
  params.map((number) => (Object.is(number, -0) ? '-0' : number)).join();

/** Texts that are made of those of what a thing `needs`, each once, however long the chain. */
function keysBy<T>(
  needs: (one: T) => readonly (T | null)[],
  make: (one: T, keys: readonly string[]) => string,
  keys: {
    get(one: T): string | undefined;
    has(one: T): boolean;
    set(one: T, key: string): unknown;
  } = new Map(),
) {
  return (wanted: T): string => {
    const pending = [wanted];
    while (pending.length > 0) {
      const one = pending[pending.length - 1] as T;
      const own = keys.has(one) ? [] : needs(one);
      const missing = own.filter((part): part is T & {} => part !== null && part !== one && !keys.has(part));
      if (missing.length > 0) {
        for (const part of missing) pending.push(part);
        continue;
      }
      pending.pop();
      if (keys.has(one)) continue;
      keys.set(
        one,
        make(
          one,
          own.map((part) => (part === null ? '' : (keys.get(part) ?? ''))),
        ),
      );
    }
    return keys.get(wanted) as string;
  };
}

/** A graph may be planned again, and its values belong to no other. */
const known = /*#__PURE__*/ new WeakMap<Value, string>();

/** The texts of values that depend on constants alone. */
export function valueKeys(shorten: Shorten): (value: Value) => string {
  return keysBy<Value>(
    ({ maker }) => maker?.inputs ?? [],
    (value, operands) => {
      const { kind, maker, storage, number, dtype, shape } = value;
      if (maker !== null) {
        const { entry, params, outputs } = maker;
        const call = `${numberOf(entry)}.${outputs.indexOf(value)}[${exactly(params)}]`;
        return shorten(`${call}(${operands.join()})`);
      }
      if (kind === 'capture') return `@${storage!.id}:${dtype}:${shape.join('x')}`;
      return `=${dtype}:${exactly([number])}`;
    },
    known,
  );
}

/** The texts of buffers that steps make of others, whose texts are given. */
export function bufferKeys(
  steps: readonly Step[],
  given: (buffer: Buffer) => string | undefined,
  shorten: Shorten,
): (buffer: Buffer) => string {
  const writers = new Map<Buffer, Step[]>();
  for (const step of steps) {
    for (const write of step.writes) {
      if (write === null) continue;
      const known = writers.get(write);
      if (known === undefined) writers.set(write, [step]);
      else known.push(step);
    }
  }
  return keysBy<Buffer>(
    (buffer) => writers.get(buffer)?.flatMap(({ reads }) => reads) ?? [],
    (buffer, operands) => {
      const made = writers.get(buffer);
      if (made === undefined) return given(buffer) ?? '?';
      let next = 0;
      const call = ({ opcode, reads, writes, params }: Step) => {
        const own = operands.slice(next, next + reads.length);
        next += reads.length;
        return `${opcode}.${writes.indexOf(buffer)}[${params.join()}](${own.join()})`;
      };
      return shorten(made.map(call).join('+'));
    },
  );
}
