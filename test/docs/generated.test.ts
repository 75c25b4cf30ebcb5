/** What follows from the operators is what `npm run generate` writes. */
import { expect, test } from 'vitest';
import { generate } from '../../scripts/lib/generate/index.mjs';
import * as striate from '../../ts/index.ts';
import { handlerTable } from '../../ts/onnx/handlers/all.ts';
import { entryOf } from '../../ts/ops/operator.ts';

test('lists, layers and documents are up to date', async () => {
  expect(await generate({ write: false }), 'out of date; `npm run generate` writes them').toEqual([]);
}, 60_000);

test("ONNX's names in the entries are operators that are imported", () => {
  const named = Object.values(striate).flatMap((value) => entryOf(value)?.onnx ?? []);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !handlerTable().has(name))).toEqual([]);
});
