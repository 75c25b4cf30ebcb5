/** Tests of ONNX's test data that concern nothing that this library does: patterns of their names, and why. */
const LEFT_OUT: readonly (readonly [pattern: RegExp, reason: string])[] = [];

/** Why a test is left out; null when it must pass. */
export function leftOut(name: string): string | null {
  return LEFT_OUT.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
