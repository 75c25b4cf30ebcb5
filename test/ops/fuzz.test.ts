/** Random problems of a fixed seed; `npm run fuzz` runs as many as wanted. */
import { expect, test } from 'vitest';
import { generators, references } from '../support/families.ts';
import { fuzz } from '../support/fuzz.ts';
import { inEachVariant } from '../support/runtime.ts';
import { sample } from '../support/sample.ts';

inEachVariant('random problems', () => {
  test.each(sample([1, 2, 3, 4, 5, 6], 6))('250 of seed %i', (seed) => {
    const { wrong, traps, liveBytes } = fuzz({ generators, references }, { problems: 250, seed });
    expect({ wrong, traps, liveBytes }).toEqual({ wrong: [], traps: [], liveBytes: 0 });
  });
});
