/** Compiled functions beside their eager calls: what is left of their nodes, and that the values are the same. */
import { compile, type Tensor } from 'striate';
import { expect } from 'vitest';
import { spoilArena } from './arena.ts';
import { expectSame } from './compare.ts';

export type Body = (...xs: Tensor[]) => Tensor | Tensor[];

/** Expects a program to compute these rows, and of each of `inputs` what the function gives, within `tolerance`. */
export function expectRewritten(body: Body, inputs: readonly Tensor[], rows: string[], tolerance = 0): void {
  const expected = [body(...inputs)].flat();
  const before = inputs.map((x) => x.toTypedArray());
  const program = compile((...xs: Tensor[]) => [body(...xs)].flat(), {
    inputs: inputs.map(({ shape }) => shape),
  });
  expect(program.profile(inputs as never, { runs: 1 }).map(({ operator }) => operator)).toEqual(rows);
  spoilArena(program.arenaBytes);
  for (const [i, y] of program.run(inputs as never).entries()) {
    expect(y.shape).toEqual(expected[i]!.shape);
    expectSame(y.data, expected[i]!.data, tolerance);
  }
  for (const [i, x] of inputs.entries()) expect(x.toTypedArray()).toEqual(before[i]);
}
