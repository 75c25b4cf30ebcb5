// biome-ignore-all format: a table with a case a line.
/**
 * Every operator called with what is no tensor in the place of its first one. The rest of the call is that of the operator's
 * first line in test/families.
 */
import * as striate from 'striate';
import { entryOf } from '../../ts/ops/operator.ts';
import { argumentsWith } from '../support/calls.ts';
import { place, publicFunction } from '../support/checks.ts';
import { calls } from '../support/families.ts';
import type { Wrong } from '../support/wrong.ts';

/** What each kind of value is called where a tensor belongs. */
const notTensors: [unknown, string][] = [
  [null, 'null'],
  [undefined, 'undefined'],
  [3, '3'],
  [Number.NaN, 'NaN'],
  ['a', "'a'"],
  [[1, 2], '[1, 2]'],
  [{}, 'an Object'],
  [new Float32Array(2), 'a Float32Array'],
  [() => 1, 'a function'],
  [Symbol('s'), 'a symbol'],
  [10n, '10'],
  [true, 'true'],
  [Object.create(null), 'an object'],
  [['long', ...new Array(8).fill(0)], 'an array of 9'],
  ['forty letters of a long text are shown, not more than that', "'forty letters of a long text are shown, …'"],
];

/** The calls of one operator; concat takes a list and has its own. */
function ofOperator(op: string): Wrong[] {
  const { entry } = publicFunction(op);
  const line = calls.find((call) => call.op === op && call.tensors.length > 0 && call.args[0] === call.tensors[0]);
  if (entry === undefined || line === undefined) return [];
  const name = entry.args[0] as string;
  const [first, ...tensors] = line.tensors;
  const other = (value: unknown) =>
    publicFunction(op)(value, ...argumentsWith(line, [null, ...tensors.map(place)]).slice(1));
  const gone = () => {
    const made = place(first!);
    made.dispose();
    return made;
  };
  // A number may stand for one of two tensors.
  const wrong = notTensors.filter(([value]) => entry.numbers !== true || typeof value !== 'number');
  return [
    ...wrong.map(([value, is]): Wrong => [`${op} of ${is}`, () => other(value), TypeError, `${op}: ${name} is ${is}, must be a Tensor`]),
    [`${op} of a disposed tensor`, () => other(gone()), TypeError, `${op}: ${name} is disposed`],
  ];
}

const exported = striate as unknown as Record<string, unknown>;

export const noTensors: Wrong[] = Object.keys(exported).flatMap((name) => {
  const value = exported[name];
  return entryOf(value) === undefined ? [] : ofOperator(name);
});
