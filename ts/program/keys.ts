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
const exactly = (params: Params): string =>
  params.map((number) => (Object.is(number, -0) ? '-0' : number)).join();

/** The texts of values that depend on constants alone. */
export function valueKeys(shorten: Shorten): (value: Value) => string {
  const keys = new Map<Value, string>();
  const made = ({ entry, params, inputs, outputs }: NonNullable<Value['maker']>, value: Value) => {
    const operands = inputs.map((input) => (input === null ? '' : keyOf(input)));
    return shorten(`${numberOf(entry)}.${outputs.indexOf(value)}[${exactly(params)}](${operands.join()})`);
  };
  const keyOf = (value: Value): string => {
    let key = keys.get(value);
    if (key === undefined) {
      const { kind, maker, storage, number, dtype, shape } = value;
      if (maker !== null) key = made(maker, value);
      else if (kind === 'capture') key = `@${storage!.id}:${dtype}:${shape.join('x')}`;
      else key = `=${dtype}:${exactly([number])}`;
      keys.set(value, key);
    }
    return key;
  };
  return keyOf;
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
  const keys = new Map<Buffer, string>();
  const keyOf = (buffer: Buffer): string => {
    let key = keys.get(buffer);
    if (key === undefined) {
      const call = ({ opcode, reads, writes, params }: Step) => {
        const operands = reads.map((read) => (read === null ? '' : keyOf(read)));
        return `${opcode}.${writes.indexOf(buffer)}[${params.join()}](${operands.join()})`;
      };
      const made = writers.get(buffer);
      key = made === undefined ? (given(buffer) ?? '?') : shorten(made.map(call).join('+'));
      keys.set(buffer, key);
    }
    return key;
  };
  return keyOf;
}
