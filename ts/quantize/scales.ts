/**
 * Which values have one scale: what is only moved or chosen keeps its own, and what is put together has the whole's, where that is at
 * most twice as wide, so that the parts are copied as they are.
 */
import { type Range, union } from './range.ts';
import type { Step } from './steps.ts';

/** The range of each value that runs as integers; those of one group have one and the same object. */
export function sharedRanges(
  chosen: readonly Step[],
  ranges: ReadonlyMap<string, Range>,
): Map<string, Range> {
  const groups = new Groups([...ranges].map(([name, range]) => [name, range]));
  const isInteger = (name: string) => ranges.has(name);
  for (const { kind, inputs, outputs } of chosen)
    if (kind === 'passing')
      for (const name of outputs.filter(isInteger)) groups.join(inputs[0] as string, name);
  for (const { nodes, inputs, outputs } of chosen) {
    const [y = ''] = outputs;
    // A Relu behind it changes the range.
    if (nodes.length > 1 || nodes[0]?.operator !== 'Concat' || !isInteger(y)) continue;
    const whole = inputs.map((name) => groups.rangeOf(name)).reduce(union);
    groups.widen(y, whole);
    for (const name of inputs) {
      const part = groups.rangeOf(name);
      if (2 * (part.high - part.low) >= whole.high - whole.low) groups.join(y, name);
    }
  }
  return new Map([...ranges.keys()].map((name) => [name, groups.rangeOf(name)]));
}

/** Sets of names that are joined (union-find), with their ranges. */
class Groups {
  readonly #parents = new Map<string, string>();
  readonly #ranges: Map<string, Range>;

  constructor(ranges: readonly (readonly [string, Range])[]) {
    this.#ranges = new Map(ranges);
  }

  #root(name: string): string {
    let root = name;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    return root;
  }

  rangeOf(name: string): Range {
    return this.#ranges.get(this.#root(name)) as Range;
  }

  widen(name: string, range: Range): void {
    this.#ranges.set(this.#root(name), union(this.rangeOf(name), range));
  }

  join(a: string, b: string): void {
    const [to, from] = [this.#root(a), this.#root(b)];
    if (to === from) return;
    this.#ranges.set(to, union(this.rangeOf(a), this.rangeOf(b)));
    this.#parents.set(from, to);
  }
}
