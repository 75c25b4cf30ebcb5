/** What every operator must have, in one list that names whatever one lacks. */
import * as striate from 'striate';
import { Tensor } from 'striate';
import { expect, test } from 'vitest';
import { cast } from '../../ts/ops/cast.ts';
import { clone } from '../../ts/ops/clone.ts';
import { type Entry, entryOf } from '../../ts/ops/operator.ts';
import { checkedGradients } from '../support/checks.ts';
import { calls, callsOf, families, generators, references, wrongCalls } from '../support/families.ts';

const exported = striate as unknown as Record<string, unknown>;

/** Every operator: an exported function with its entry; cast and clone are methods of Tensor. */
const operators = new Map<string, Entry>([
  ['cast', entryOf(cast)!],
  ['clone', entryOf(clone)!],
]);
for (const [name, value] of Object.entries(exported)) {
  const entry = entryOf(value);
  if (entry !== undefined) operators.set(name, entry);
}

const steps = Object.values(families).flatMap(({ withoutGradient }) => withoutGradient ?? []);
const layers: Record<string, string | null> = Object.assign(
  {},
  ...Object.values(families).map((family) => family.layers),
);

/** The class that an operator has; null where it has none on purpose. */
function layerOf(name: string): string | null {
  const named = layers[name];
  if (named !== undefined) return named;
  const same = (one: string) => one !== name && one.toLowerCase() === name.toLowerCase();
  return Object.keys(exported).find(same) ?? name[0]!.toUpperCase() + name.slice(1);
}

const sentences = wrongCalls.map(([, , , sentence]) => sentence);
/** conv1d to conv3d are one function of a rank. */
const stem = (name: string) => name.replace(/\dd$/, '');

/** What is missing of an operator. */
function lacks(name: string, entry: Entry): string[] {
  const own = calls.filter(({ op }) => op === name);
  const reference = references[name];
  const layer = layerOf(name);
  const takesMore = own.some(({ args }) => args.length > 1);
  const needs: Record<string, boolean> = {
    'problem lines in test/families': own.length > 0,
    'a reference in its family': reference !== undefined,
    'a generator in its family': generators[name] !== undefined,
    'wrong calls in its family':
      !takesMore || sentences.some((text) => stem(text.split(':')[0]!) === stem(name)),
    'a gradient': (entry.gradient !== undefined || entry.alias === true) !== steps.includes(name),
    'lines that check its gradient':
      steps.includes(name) ||
      own.some((call) => {
        const { linear, smooth } = checkedGradients(call, reference ?? { run: () => [], tolerance: 0 });
        return linear.length + smooth.length > 0;
      }),
    'its name in PyTorch': /^torch(vision)?\./.test(entry.torch),
    'its names in ONNX': Array.isArray(entry.onnx),
    'names of its arguments': entry.args.length > 0,
    'a way to be computed': entry.lower !== undefined || entry.alias === true,
    'an export under its own name, or a method of Tensor':
      entry.name === name && (exported[name] !== undefined || name in Tensor.prototype),
    [`a layer ${layer}`]: layer === null || typeof exported[layer] === 'function',
  };
  return Object.keys(needs).filter((what) => !needs[what]);
}

test('no operator lacks anything', () => {
  const missing = [...operators].map(([name, entry]) => [name, lacks(name, entry)] as const);
  expect(Object.fromEntries(missing.filter(([, list]) => list.length > 0))).toEqual({});
});

test('nothing in the families is of no operator, or of an operator of another family', () => {
  for (const [name, family] of Object.entries(families)) {
    const own = Object.keys(family.references);
    const others = (ops: readonly string[]) => ops.filter((op) => !own.includes(op) || !operators.has(op));
    expect(others(callsOf(family).map(({ op }) => op)), `lines of ${name}.ts`).toEqual([]);
    expect(others(Object.keys(family.generators)), `generators of ${name}.ts`).toEqual([]);
    expect(others(own), `references of ${name}.ts`).toEqual([]);
  }
});

test('every line has a name of its own', () => {
  const names = calls.map(({ name, op }) => `${name}: ${op}`);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test('every file of ts/ops that holds an operator has it exported', () => {
  const files = import.meta.glob<Record<string, unknown>>('../../ts/ops/*.ts', { eager: true });
  for (const [file, exports] of Object.entries(files)) {
    for (const [name, value] of Object.entries(exports))
      if (entryOf(value) !== undefined) expect([...operators.keys()], `${file}: ${name}`).toContain(name);
  }
});
