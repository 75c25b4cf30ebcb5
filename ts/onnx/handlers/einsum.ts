/**
 * Einsum: sums of products over labelled axes. The operands are taken together two by two: labels that nothing needs any more
 * are summed before or, where both have them, by a matrix product; the rest is a product that broadcasts.
 */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { mul } from '../../ops/arithmetic.ts';
import { slice } from '../../ops/concat.ts';
import { matmul } from '../../ops/matmul.ts';
import { permute } from '../../ops/permute.ts';
import { sum } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { required, variadic } from '../row.ts';

export const sumsOfProducts: Handlers = {
  Einsum: {
    since: 12,
    inputs: [variadic('Inputs')],
    attributes: { equation: required({ kind: 'string' }) },
    build: buildEinsum,
  },
};

/** A tensor, and the label of each of its axes. */
interface Labelled {
  readonly x: Tensor<DType>;
  readonly labels: readonly string[];
}

function buildEinsum(call: Call): Tensor<DType> {
  const { operands, result } = parsed(call);
  const needed = (from: number) => new Set([...result, ...operands.slice(from).flatMap((one) => one.labels)]);
  let found = summed(diagonals(operands[0]!), needed(1));
  for (let i = 1; i < operands.length; i++) {
    const rest = needed(i + 1);
    const next = diagonals(operands[i]!);
    found = product(
      summed(found, new Set([...rest, ...next.labels])),
      summed(next, new Set([...rest, ...found.labels])),
      rest,
    );
  }
  const { x, labels } = summed(found, new Set(result));
  return permute(
    x,
    result.map((label) => labels.indexOf(label)),
  );
}

/** The operands with their labels, and the result's; '...' stands for labels '0', '1', ... from its last axis on. */
function parsed(call: Call): { operands: Labelled[]; result: string[] } {
  const equation = call.string('equation').replaceAll(' ', '');
  const wrong = (why: string): never => call.fail(`the equation is '${equation}', ${why}`);
  const [left = '', right, ...more] = equation.split('->');
  const terms = left.split(',');
  if (more.length > 0 || !/^[A-Za-z.,]*$/.test(left) || !/^[A-Za-z.]*$/.test(right ?? ''))
    wrong('must be labels of one letter and at most one arrow');
  if (terms.length !== call.inputs.length) wrong(`must have ${call.inputs.length} terms, one for each input`);
  let most = 0;
  const labelsOf = (term: string, rest: number): string[] => {
    const [before = '', after] = term.split('...');
    const between = after === undefined ? [] : Array.from({ length: rest }, (_, i) => `${rest - 1 - i}`);
    return [...before, ...between, ...(after ?? '')];
  };
  if ([...terms, right ?? ''].some((term) => term.replace('...', '').includes('.')))
    wrong("has a dot that is not of one '...'");
  const operands = terms.map((term, i) => {
    const shape = call.shape(i);
    const rest = shape.length - term.replace('...', '').length;
    if (rest < 0 || (rest > 0 && !term.includes('...')))
      wrong(`whose term '${term}' does not fit input ${i}, ${shapeText(shape)}`);
    most = Math.max(most, rest);
    return { x: call.tensor(i), labels: labelsOf(term, rest) };
  });
  const all = operands.flatMap(({ labels }) => labels);
  const once = [...new Set(all)].filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  const letters = once.filter((label) => !/\d/.test(label)).sort();
  const implied = [...(left.includes('...') ? labelsOf('...', most) : []), ...letters];
  const result = right === undefined ? implied : labelsOf(right, most);
  if (new Set(result).size !== result.length || result.some((label) => !all.includes(label)))
    wrong('whose result must name labels of the inputs, once each');
  return { operands, result };
}

/** Of a label that stands twice, the diagonal. */
function diagonals({ x, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return { x, labels };
  const first = labels.indexOf(labels[second] as string);
  const others = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const size = x.shape[first] as number;
  const moved = permute(x, [...others, first, second]);
  const kept = others.map((axis) => x.shape[axis] as number);
  const flat = reshape(moved, [...kept, size * size]);
  const last = kept.length;
  const all = flat.shape.map((_, axis) => (axis === last ? size + 1 : 1));
  const diagonal = slice(flat, kept.map(() => 0).concat(0), [...flat.shape], { steps: all });
  const names = [...others.map((axis) => labels[axis] as string), labels[first] as string];
  return diagonals({ x: diagonal, labels: names });
}

/** Without the labels that are not needed, which are summed. */
function summed({ x, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const dim = labels.map((_, axis) => axis).filter((axis) => !needed.has(labels[axis] as string));
  if (dim.length === 0) return { x, labels };
  return { x: sum(x as Tensor, { dim }), labels: labels.filter((label) => needed.has(label)) };
}

/** The product of two, summed over the labels that both have and nothing else needs. */
function product(a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
  const sizeIn = ({ x, labels }: Labelled, label: string) => x.shape[labels.indexOf(label)] as number;
  const both = a.labels.filter((label) => b.labels.includes(label));
  const same = both.filter((label) => sizeIn(a, label) === sizeIn(b, label));
  const inner = same.filter((label) => !needed.has(label));
  if (a.x.dtype !== 'float32' || inner.length === 0 || same.length < both.length) {
    const labels = [...new Set([...a.labels, ...b.labels])];
    const x = mul(stretched(a, labels), stretched(b, labels)) as Tensor<DType>;
    return summed({ x, labels }, needed);
  }
  const batch = same.filter((label) => needed.has(label));
  const [rows, columns] = [a, b].map(({ labels }) => labels.filter((label) => !both.includes(label)));
  const grouped = (one: Labelled, ...groups: string[][]) =>
    reshape(
      permute(
        one.x,
        groups.flat().map((label) => one.labels.indexOf(label)),
      ),
      groups.map((group) => group.reduce((size, label) => size * sizeIn(one, label), 1)),
    ) as Tensor<DType> as Tensor;
  const y = matmul(grouped(a, batch, rows!, inner), grouped(b, batch, inner, columns!));
  const labels = [...batch, ...rows!, ...columns!];
  const shape = labels.map((label) => sizeIn(a.labels.includes(label) ? a : b, label));
  return { x: reshape(y, shape) as Tensor<DType> as Tensor<DType>, labels };
}

/** Under all labels, with an axis of 1 for each that it does not have. */
function stretched({ x, labels }: Labelled, all: readonly string[]): Tensor<DType> {
  const own = all.filter((label) => labels.includes(label));
  const moved = permute(
    x,
    own.map((label) => labels.indexOf(label)),
  );
  return reshape(
    moved,
    all.map((label) => (own.includes(label) ? (moved.shape[own.indexOf(label)] as number) : 1)),
  );
}
