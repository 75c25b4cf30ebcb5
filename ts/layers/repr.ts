/**
 * A module as text, as PyTorch prints it: its class with its arguments, and its parts by their keys, indented.
 * @internal
 */

interface Printed {
  extraRepr(): string;
}

/** `3, 8, kernelSize=3, padding=[0, 1]`: what a constructor was given; what was left out is left out. */
export function argumentsText(named: object, ...positional: unknown[]): string {
  const text = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
    return typeof value === 'string' ? `'${value}'` : String(value);
  };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return [...positional.map(text), ...given.map(([name, value]) => `${name}=${text(value)}`)].join(', ');
}

/** What a convolution was given, of which its weights tell the sizes; a bias shows where there is none. */
export function convolutionText(
  inChannels: number,
  outChannels: number | undefined,
  kernel: readonly number[],
  { bias, ...options }: { bias: unknown; [option: string]: unknown },
): string {
  const kernelSize = kernel.every((size) => size === kernel[0]) ? kernel[0] : kernel;
  const named = { kernelSize, ...options, bias: bias === null ? false : undefined };
  return argumentsText(named, ...(outChannels === undefined ? [inChannels] : [inChannels, outChannels]));
}

/** The text of `module`; `partsOf` gives a module's own by key. What contains itself is not written out again. */
export function reprOf<M extends Printed>(
  module: M,
  partsOf: (module: M) => [string, M][],
  around: readonly M[] = [],
): string {
  const { name } = module.constructor;
  if (around.includes(module)) return `${name}(...)`;
  const own = module.extraRepr();
  const within = [...around, module];
  const parts = partsOf(module).map(([key, part]) => `(${key}): ${reprOf(part, partsOf, within)}`);
  if (parts.length === 0) return `${name}(${own})`;
  const lines = own === '' ? parts : [own, ...parts];
  return `${name}(${lines.map((line) => `\n${line}`.replaceAll('\n', '\n  ')).join('')}\n)`;
}
