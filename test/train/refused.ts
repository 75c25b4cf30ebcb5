/** Tests of wrong calls: the class of the error and its sentence, word by word; calls may be asynchronous. */
import { expect, test } from 'vitest';
import type { Wrong } from '../support/wrong.ts';

/** A test for each of the wrong calls; `tidy` disposes of what they were given. */
export function refused(calls: readonly Wrong[], tidy: () => void = () => {}): void {
  test.each(calls)('%s', async (_, call, kind, sentence) => {
    let error: unknown;
    try {
      await call();
    } catch (thrown) {
      error = thrown;
    }
    tidy();
    expect((error as Error | undefined)?.message).toBe(sentence);
    expect(Object.getPrototypeOf(error)).toBe(kind.prototype);
  });
}
