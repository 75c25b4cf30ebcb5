/** What rules ask of nodes: their makers by name, operands in either order, products, and polynomials with known coefficients. */
import type { Graph } from '../../graph/graph.ts';
import { makerOf } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';

/** The node of one of these operators that makes a value. */
export function made(value: Value | null | undefined, ...names: readonly string[]): Node | null {
  return makerOf(value, ({ entry }) => names.includes(entry.name));
}

/** The two operands, as they are and the other way round. */
export function orders({ inputs }: Pick<Node, 'inputs'>): [Value, Value][] {
  const [a, b] = inputs as [Value, Value];
  return [
    [a, b],
    [b, a],
  ];
}

/** Whether two numbers are the same but for their roundings to float32, by whoever wrote them. */
export function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.abs(b);
}

/** A number times values, and the nodes that multiply or divide them, the last of them left out. */
export interface Product {
  number: number;
  readonly values: Value[];
  readonly inner: Node[];
}

/** Factors above which a product is none of those that rules look for. */
const MOST_FACTORS = 3;

/** What a node multiplies, through products and quotients by numbers that nothing else reads; null where it does not. */
export function productOf(graph: Graph, root: Node): Product | null {
  const product: Product = { number: 1, values: [], inner: [] };
  const take = (node: Node): void => {
    const divides = node.entry.name === 'div';
    node.inputs.forEach((value, slot) => {
      const number = graph.numberOf(value);
      if (number !== undefined) product.number *= divides && slot === 1 ? 1 / number : number;
      else factor(value as Value);
    });
  };
  const factor = (value: Value): void => {
    const maker = value.uses.length === 1 ? made(value, 'mul', 'div') : null;
    if (maker === null || !isProduct(graph, maker) || product.inner.length === MOST_FACTORS) {
      product.values.push(value);
      return;
    }
    product.inner.push(maker);
    take(maker);
  };
  if (!isProduct(graph, root)) return null;
  take(root);
  return product;
}

/** Whether a node is a product, or a quotient by a number. */
function isProduct(graph: Graph, { entry, inputs }: Node): boolean {
  return entry.name === 'mul' || (entry.name === 'div' && graph.numberOf(inputs[1]) !== undefined);
}

/** The coefficients of a polynomial, the constant one first, and the nodes that compute it. */
export interface Polynomial {
  readonly terms: readonly number[];
  readonly inner: readonly Node[];
}

/** The highest power, and the most nodes, of a polynomial. */
const DEGREE = 3;
const MOST_NODES = 8;

/** A value as a polynomial of x; null where it is none. */
export function polynomial(graph: Graph, value: Value | null | undefined, x: Value): Polynomial | null {
  const inner = new Set<Node>();
  const of = (one: Value | null | undefined): number[] | null => {
    if (one === x) return [0, 1];
    const number = graph.numberOf(one);
    if (number !== undefined) return [number];
    const node = made(one, 'add', 'sub', 'mul', 'div', 'pow', 'neg');
    if (node === null || inner.size === MOST_NODES) return null;
    inner.add(node);
    const [a, b] = [of(node.inputs[0]), node.inputs.length > 1 ? of(node.inputs[1]) : []];
    return a && b && combined(node.entry.name, a, b);
  };
  const terms = of(value);
  return terms && { terms, inner: [...inner] };
}

/** The polynomial that an operator makes of two. */
function combined(name: string, a: readonly number[], b: readonly number[]): number[] | null {
  const sum = (sign: number) =>
    Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + sign * (b[i] ?? 0));
  if (name === 'add') return sum(1);
  if (name === 'sub') return sum(-1);
  if (name === 'neg') return a.map((term) => -term);
  if (name === 'mul') return multiplied(a, b);
  if (b.length !== 1) return null;
  const [number] = b as [number];
  if (name === 'div') return a.map((term) => term / number);
  if (number === 2) return multiplied(a, a);
  return number === 3 ? multiplied(a, multiplied(a, a)) : null;
}

function multiplied(a: readonly number[], b: readonly number[] | null): number[] | null {
  if (b === null || a.length + b.length - 2 > DEGREE) return null;
  const product = new Array<number>(a.length + b.length - 1).fill(0);
  a.forEach((one, i) => {
    b.forEach((other, k) => {
      product[i + k] = (product[i + k] as number) + one * other;
    });
  });
  return product;
}

/** What a value is computed of by sums and products with numbers, as long as nothing else reads what is between. */
export function baseOf(graph: Graph, value: Value): Value {
  let base = value;
  for (let steps = 0; steps < MOST_NODES; steps++) {
    const node = base.uses.length === 1 ? made(base, 'add', 'sub', 'mul', 'div') : null;
    const others = node?.inputs.filter((input) => graph.numberOf(input) === undefined) ?? [];
    if (others.length !== 1) break;
    base = others[0] as Value;
  }
  return base;
}
