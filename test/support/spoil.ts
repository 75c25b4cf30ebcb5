/** Arguments with something in them that is likely wrong, for the promise that bad input throws and nothing else. */
import { type Arguments, maybe } from './generate.ts';
import type { Choices } from './random.ts';

/** Values that no option takes, or few do. */
const SPOILERS: readonly unknown[] = [
  -1,
  0,
  0.5,
  2 ** 31,
  2 ** 31 - 1,
  2 ** 32,
  65536,
  -(2 ** 31),
  'x',
  'same',
  '',
  null,
  true,
  [],
  [1],
  [1, 2, 3, 4],
  [-1, -1],
  [[1, 2]],
  [
    [0, 0],
    [0, 0],
  ],
  {},
  [0.5],
  ['x'],
  1e300,
];
const TENSORS = [
  'scalar',
  '3',
  '1x1',
  '2x3x4',
  '1x2x3x4',
  '1x1x2x2x2',
  '0x1x1x1',
  '1x0x3x3',
  '2x2:int32',
  '1x2x3x3:uint8',
];

/** The arguments with something in them that is likely wrong. */
export function spoil(choose: Choices, args: Arguments): Arguments {
  const spoiled = structuredClone(args);
  const last = spoiled[spoiled.length - 1];
  const hasOptions = typeof last === 'object' && last !== null && !Array.isArray(last) && !('values' in last);
  const given = (hasOptions ? last : null) as Record<string, unknown> | null;
  const keys = Object.keys(given ?? {});
  const how = choose.integer(0, 4);
  if (how < 2 && given !== null && keys.length > 0) given[choose.of(keys)] = choose.of(SPOILERS);
  else if (how < 3) {
    const at = choose.integer(0, spoiled.length - 1);
    const tensor = typeof args[at] === 'string';
    spoiled[at] = tensor && maybe(choose, 0.7) ? choose.of(TENSORS) : choose.of(SPOILERS);
  } else if (how === 3) {
    if (given !== null) given[choose.of(['strides', 'Padding', 'mode', 'value', 'x'])] = choose.of(SPOILERS);
    else spoiled.push(choose.of(SPOILERS));
  } else spoiled.splice(choose.integer(0, spoiled.length - 1), 1);
  return spoiled;
}
