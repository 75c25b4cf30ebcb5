/** Work where properties of the platform are missing, which are there again afterwards. */
export async function without<T>(
  absent: readonly [object, string][],
  work: () => T | Promise<T>,
): Promise<T> {
  const kept = absent.map(([owner, name]) => Object.getOwnPropertyDescriptor(owner, name)!);
  for (const [owner, name] of absent)
    Object.defineProperty(owner, name, { value: undefined, configurable: true });
  try {
    return await work();
  } finally {
    for (const [i, [owner, name]] of absent.entries()) Object.defineProperty(owner, name, kept[i]!);
  }
}

/** The modules that Node, Deno and Bun have and browsers have not. */
export const BUILTINS: [object, string] = [process, 'getBuiltinModule'];
