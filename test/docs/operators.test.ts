// docs/operators.md is what `npm run docs` writes.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { operatorsDocument } from '../../scripts/operators.mjs';
import * as striate from '../../ts/index.ts';
import { handlerTable } from '../../ts/onnx/handlers/index.ts';
import type { Entry } from '../../ts/ops/operator.ts';

test('docs/operators.md is up to date (npm run docs)', async () => {
  expect(readFileSync('docs/operators.md', 'utf8')).toBe(await operatorsDocument());
}, 60_000);

test("ONNX's names in the entries are operators that are imported", () => {
  const named = Object.values(striate).flatMap((value) =>
    typeof value === 'function' && 'entry' in value ? (value.entry as Entry).onnx : [],
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !handlerTable().has(name))).toEqual([]);
});
