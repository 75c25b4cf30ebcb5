/** What Node, Deno and Bun have besides the web's interfaces: modules of their own, and files that have paths. */

interface WithBuiltins {
  process?: { getBuiltinModule?(name: string): unknown };
}

/** Whether there may be modules of Node: to ask for one loads it, and node:zlib takes 2 ms. */
export const hasBuiltins = (): boolean =>
  (globalThis as WithBuiltins).process?.getBuiltinModule !== undefined;

/** A module of Node (also in Deno and Bun), or undefined elsewhere; no import that a bundler would follow. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as WithBuiltins;
  try {
    return process?.getBuiltinModule?.(name) as T | undefined;
  } catch {
    return undefined; // Next's edge runtime has the method, to refuse it
  }
}

/** The scheme of a URL; undefined for a path. Two letters at least stand before the colon: C:\ is a path. */
export function schemeOf(address: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase();
}

/** The path that a URL of a file stands for; undefined where there are no files. @throws TypeError for another scheme */
export function pathOf(url: URL | string): string | undefined {
  return builtin<{ fileURLToPath(url: URL | string): string }>('node:url')?.fileURLToPath(url);
}
