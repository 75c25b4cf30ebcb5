/**
 * What every operator must fulfil for a call: the plain loops' values, the same from a program, inputs as they were,
 * results in memory of their own, gradients. Nothing of vitest: the fuzzer (scripts/fuzz.mjs) uses it too.
 */
import * as striate from 'striate';
import { compile, type DType, outputShape, scope, type Tensor, tensor, vjp } from 'striate';
import { argumentsWith, type Call, plainTensors } from './calls.ts';
import { expectSame } from './compare.ts';
import type { Plain, Reference } from './plain.ts';
import { Choices } from './random.ts';

type Any = Tensor<DType>;
type Public = ((...args: unknown[]) => unknown) & {
  readonly entry?: { readonly alias?: true; readonly numbers?: true; readonly args: readonly string[] };
};

/** For reals in operators that are exact on integers: float32 sums against float64 ones. */
export const ROUNDING = 2e-6;
/** Of the largest sum, on small integers: Winograd's transforms multiply by 1/24 and by 8. */
export const WINOGRAD = 5e-5;
const DIFFERENCES = 1e-3;
const STEP = 1e-4;
/** Multiplications for the differences of one tensor: references of large tensors have fewer elements checked. */
const EFFORT = 200_000;

/** How much of the checks is done. */
interface Effort {
  /** A program as well, and the shape without a run. Default true. */
  readonly programs?: boolean;
  /** So many elements of a tensor have their gradient compared with differences; 0: by the adjoint identity alone. */
  readonly elements?: number;
  /** Each gradient alone, with other values, and again. Default true. */
  readonly alone?: boolean;
}

/** For many random problems. */
export const quick: Effort = { programs: false, elements: 2, alone: false };

/** Operators that are methods of Tensor, and not functions as well. */
export const METHODS: readonly string[] = ['clone', 'cast'];

/** The operator's public function. */
export function publicFunction(op: string): Public {
  const found = (striate as unknown as Record<string, Public | undefined>)[op];
  if (found !== undefined) return found;
  if (METHODS.includes(op)) {
    return (x, ...rest) => (x as unknown as Record<string, Public>)[op]?.call(x, ...rest);
  }
  throw new Error(`no operator is exported as ${op}`);
}

/** Plain values in the linear memory. */
export function place({ shape, data, dtype }: Plain): Any {
  return tensor<number[], DType>(data, shape, { dtype });
}

/** A result's tensors: one, or a list of them. */
function listOf(result: unknown): Any[] {
  return (Array.isArray(result) ? result.flat(Infinity) : [result]) as Any[];
}

const run = (call: Call, tensors: readonly unknown[]): Any[] =>
  listOf(publicFunction(call.op)(...argumentsWith(call, tensors)));

/** What the reference gives; it may change `tensors`. */
function expectedOf(call: Call, reference: Reference, tensors: readonly Plain[]): Plain[] {
  return listOf(reference.run(...argumentsWith(call, tensors))) as unknown as Plain[];
}

/** Whether a weight is one that Winograd's transform is taken for. */
function mayTransform({ op, tensors }: Call): boolean {
  return (
    /conv/i.test(op) &&
    tensors.some(
      ({ shape }, t) =>
        t > 0 && shape.length > 3 && /,3,3$/.test(shape.join()) && Math.min(shape[0]!, shape[1]!) >= 8,
    )
  );
}

function toleranceOf(call: Call, reference: Reference): number {
  const reals = call.tensors.some(({ kind }) => kind === 'reals');
  return Math.max(reference.tolerance, reals ? ROUNDING : 0, mayTransform(call) ? WINOGRAD : 0);
}

function compare(
  what: string,
  actual: readonly Any[],
  expected: readonly Plain[],
  tolerance: number,
  how: (t: Any) => ArrayLike<number> = (t) => t.data,
): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: ${actual.length} results, must be ${expected.length}`);
  for (const [i, must] of expected.entries()) {
    const is = actual[i] as Any;
    const [text, mustText] = [is, must].map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`);
    const name = expected.length > 1 ? `${what}, result ${i}` : what;
    if (text !== mustText) throw new Error(`${name}: ${text}, must be ${mustText}`);
    const rounded = must.dtype === 'float32' && tolerance === 0 ? must.data.map(Math.fround) : must.data;
    expectSame(how(is), rounded, must.dtype === 'float32' ? tolerance : 0, name);
  }
}

/** The bytes of a tensor in the linear memory. */
const rangeOf = ({ data }: Any): [number, number] => [data.byteOffset, data.byteOffset + data.byteLength];

function expectApart(what: string, results: readonly Any[], others: readonly Any[]): void {
  for (const [i, result] of results.entries()) {
    for (const other of [...others, ...results.slice(i + 1)]) {
      if (result === other) throw new Error(`${what}: a result is the same handle as another tensor`);
      const [[a, b], [c, d]] = [rangeOf(result), rangeOf(other)];
      if (a < d && c < b) throw new Error(`${what}: a result shares memory with another tensor`);
    }
  }
}

/** Values at once and in a program, memory, and the shape without a run. */
export function checkForward(call: Call, reference: Reference, { programs = true }: Effort = {}): void {
  const tolerance = toleranceOf(call, reference);
  const after = plainTensors(call);
  const expected = expectedOf(call, reference, after);
  if (call.expected !== null && call.expected.length !== expected.length)
    throw new Error(`the line has ${call.expected.length} results, the reference gives ${expected.length}`);
  for (const [i, { shape, data }] of (call.expected ?? []).entries()) {
    const plain = expected[i] as Plain;
    if (plain.shape.join() !== shape.join())
      throw new Error(
        `the line's result is [${shape.join(', ')}], the reference's [${plain.shape.join(', ')}]`,
      );
    expectSame(plain.data, data, Math.max(tolerance, 1e-6), "the reference against the line's result");
  }
  // What the operator writes is no input of a program, but a tensor of its own.
  const written = after.map(({ data }, t) =>
    data.some((value, i) => !Object.is(value, call.tensors[t]?.data[i])),
  );
  scope(() => {
    const inputs = call.tensors.map(place);
    const results = run(call, inputs);
    compare('at once', results, expected, tolerance);
    compare(
      'the arguments afterwards',
      inputs,
      after,
      written.includes(true) ? Math.max(tolerance, 1e-6) : 0,
    );
    if (publicFunction(call.op).entry?.alias !== true) expectApart('at once', results, inputs);
    if (!programs) return;

    const own = call.tensors.map(place);
    const symbols = own.filter((_, t) => !written[t]);
    const body = (...xs: Any[]) => {
      let next = 0;
      return run(
        call,
        own.map((t, i) => (written[i] ? t : xs[next++])),
      );
    };
    const specs = symbols.map(({ shape, dtype }) => ({ shape, dtype }));
    const program = compile(body as never, { inputs: specs });
    const compiled = listOf(program.run(symbols as never));
    const same = results.map(({ shape, dtype, data }) => ({
      shape: [...shape],
      dtype,
      data: Array.from(data),
    }));
    compare('compiled', compiled, same, tolerance);
    expectApart('compiled', compiled, symbols);
    // Here it may write over its operands.
    const copying = compile(((...xs: Any[]) => body(...xs.map((x) => x.clone() as Any))) as never, {
      inputs: specs,
    });
    if (!written.includes(true)) compare('in place', listOf(copying.run(symbols as never)), same, tolerance);
    compare(
      "the program's inputs afterwards",
      symbols,
      call.tensors.filter((_, t) => !written[t]),
      0,
    );
    checkShape(call, expected[0] as Plain);
  });
}

/** outputShape, where all tensors are float32 and come before everything else. */
function checkShape(call: Call, expected: Plain): void {
  const isTensor = (arg: unknown): boolean => call.tensors.includes(arg as never);
  const { args } = call;
  const operator = publicFunction(call.op);
  if (operator.entry === undefined || call.tensors.some(({ dtype }) => dtype !== 'float32')) return;
  const listed = Array.isArray(args[0]) && args[0].length > 0 && args[0].every(isTensor);
  let leading = listed ? (args[0] as unknown[]).length : 0;
  if (!listed) while (leading < args.length && (args[leading] === null || isTensor(args[leading]))) leading++;
  const before = listed ? leading : args.slice(0, leading).filter(isTensor).length;
  if (before < call.tensors.length) return;
  const shapes = (listed ? (args[0] as Plain[]) : args.slice(0, leading)).map(
    (arg) => (arg as Plain | null)?.shape ?? null,
  );
  const shape = outputShape(operator as never, shapes, ...args.slice(listed ? 1 : leading));
  if (shape.join() !== expected.shape.join())
    throw new Error(`outputShape: [${shape.join(', ')}], must be [${expected.shape.join(', ')}]`);
}

/** The float32 tensors of a call whose gradient the reference lets us check in this way. */
function named(call: Call, list: readonly number[] | 'all' | undefined): number[] {
  const all = call.tensors.map((_, t) => t);
  return all.filter((t) => call.tensors[t]?.dtype === 'float32' && (list === 'all' || list?.includes(t)));
}

/** Which tensors have their gradients checked: by the adjoint identity, and by central differences. */
export function checkedGradients(call: Call, reference: Reference): { linear: number[]; smooth: number[] } {
  const finite = call.tensors.every(({ data }) => data.every(Number.isFinite));
  if (!finite) return { linear: [], smooth: [] };
  // Small integers lie on kinks and have ties, and so may what is written out.
  const away = call.tensors.every(({ kind, dtype }) => kind !== 'integers' || dtype !== 'float32');
  const smooth = named(call, away ? reference.smooth : []).filter((t) => call.tensors[t]?.kind !== 'literal');
  return { linear: named(call, reference.linear), smooth };
}

/** Small integers that differ from those of a line. */
const integersLike = (plain: Plain, choose: Choices): Plain => ({
  ...plain,
  data: choose.integers(plain.shape, -3, 3),
});

/** About how many multiplications a reference takes: for each result, what its weights have for one output. */
function workOf({ tensors }: Call, results: readonly Plain[]): number {
  const sizes = [...tensors, ...results].map(({ data }) => data.length);
  const weights = tensors.slice(1).map(({ shape, data }) => data.length / Math.max(1, shape[0] ?? 1));
  return Math.max(1, ...sizes) * Math.max(1, ...weights);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};

/** The float32 results of the operator as a function of some of its tensors, the rest being constants. */
function functionOf(call: Call, tensors: readonly Any[], wanted: readonly number[]) {
  return (...xs: Tensor[]): Tensor[] => {
    const replaced = tensors.map((t, i) => (wanted.includes(i) ? xs[wanted.indexOf(i)] : t));
    return run(call, replaced).filter(({ dtype }) => dtype === 'float32') as unknown as Tensor[];
  };
}

/** The gradients that flow back into the `wanted` tensors. */
function gradients(
  call: Call,
  tensors: readonly Plain[],
  wanted: readonly number[],
  flows: readonly Plain[],
  again = true,
): Float32Array[] {
  return scope(() => {
    const inputs = tensors.map(place);
    const xs = wanted.map((t) => inputs[t] as unknown as Tensor);
    const { value, pullback, dispose } = vjp(functionOf(call, inputs, wanted), ...xs);
    const dys = flows.map(place) as unknown as Tensor[];
    const first = pullback(dys).map((t) => t.toTypedArray());
    if (!again) return first;
    const once = functionOf(call, tensors.map(place), wanted)(...xs);
    for (const [i, y] of value.entries()) expectSame(y.data, once[i]!.data, 1e-6, 'value of vjp');
    const second = pullback(dys);
    for (const [i, g] of second.entries()) {
      if (g.shape.join() !== xs[i]!.shape.join())
        throw new Error(`gradient of tensor ${wanted[i]}: [${g.shape}], must be [${xs[i]!.shape}]`);
      expectSame(g.data, first[i]!, 0, `gradient of tensor ${wanted[i]}, the second time`);
    }
    for (const [i, dy] of dys.entries()) expectSame(dy.data, flows[i]!.data, 0, 'what flows in, afterwards');
    dispose();
    return first;
  });
}

/** The operator's gradients as its reference declares them. */
export function checkGradients(
  call: Call,
  reference: Reference,
  { elements = 24, alone = true }: Effort = {},
): void {
  const { linear, smooth } = checkedGradients(call, reference);
  const wanted = [...new Set([...linear, ...smooth])].sort((a, b) => a - b);
  if (wanted.length === 0) return;
  const choose = new Choices(7);
  const tensors = plainTensors(call);
  const floats = (all: Plain[]) => all.filter(({ dtype }) => dtype === 'float32');
  const value = floats(expectedOf(call, reference, plainTensors(call)));
  const most = Math.max(2, Math.min(elements, Math.floor(EFFORT / workOf(call, value))));
  // A window of padding alone has no maximum, and no gradient.
  if (!value.every(({ data }) => data.every(Number.isFinite))) return;
  const flows = value.map((y) => integersLike(y, choose));
  const found = gradients(call, tensors, wanted, flows, alone);
  const tolerance = toleranceOf(call, reference);
  const gradientOf = (t: number) => found[wanted.indexOf(t)] as Float32Array;
  if (alone && wanted.length > 1) {
    for (const t of wanted) {
      const [alone] = gradients(call, tensors, [t], flows);
      expectSame(alone!, gradientOf(t), tolerance, `gradient of tensor ${t} when no other is asked for`);
    }
  }
  /** <dy, y>, and the same of the reference with another tensor t. */
  const flow = (ys: readonly Plain[]) => ys.reduce((sum, y, i) => sum + dot(flows[i]!.data, y.data), 0);
  const here = flow(value);
  const flowed = (t: number, other: Plain) => {
    const copy = plainTensors(call);
    copy[t] = { ...other, data: [...other.data] };
    return flow(floats(expectedOf(call, reference, copy)));
  };
  /** Differences of the reference at some elements of tensor t. */
  const checkElements = (t: number, step: number, bound: number) => {
    const x = tensors[t] as Plain;
    const all = x.data.map((_, i) => i);
    const at =
      all.length <= most ? all : Array.from({ length: most }, () => choose.integer(0, all.length - 1));
    const moved = (i: number, by: number) =>
      flowed(t, { ...x, data: x.data.map((v, j) => (j === i ? v + by : v)) });
    // The slopes on either side, which differ where a kink is near: the gradient is one of them, or between.
    const slopes = at.map((i) =>
      [moved(i, -step), moved(i, step)].map((y, s) => (y - here) / (s ? step : -step)),
    );
    const largest = slopes.flat().reduce((most, v) => Math.max(most, Math.abs(v)), bound > 0 ? 1e-2 : 0);
    for (const [j, i] of at.entries()) {
      const is = gradientOf(t)[i] as number;
      const [least, most] = [Math.min(...slopes[j]!), Math.max(...slopes[j]!)];
      if (!(is >= least - bound * largest && is <= most + bound * largest))
        throw new Error(
          `gradient of tensor ${t}: element ${i} is ${is}, differences give ${least} to ${most}`,
        );
    }
  };
  const scaleOf = (list: readonly number[]) => list.reduce((sum, v) => sum + Math.abs(v), 1);
  for (const t of linear) {
    const x = tensors[t] as Plain;
    const other = integersLike(x, choose);
    const left = flowed(t, other) - here;
    const right = dot(gradientOf(t), other.data) - dot(gradientOf(t), x.data);
    if (!(Math.abs(left - right) <= tolerance * 10 * scaleOf([left, ...gradientOf(t)])))
      throw new Error(`tensor ${t}: <dy, A (x1 - x0)> is ${left}, <A' dy, x1 - x0> is ${right}`);
    if (!alone) continue;
    checkElements(t, 1, tolerance);
    const copy = plainTensors(call);
    copy[t] = other;
    const [again] = gradients(call, copy, [t], flows);
    expectSame(again!, gradientOf(t), tolerance, `gradient of tensor ${t}, which must not depend on it`);
  }
  for (const t of smooth) checkElements(t, STEP, reference.differentiableTol ?? DIFFERENCES);
}
