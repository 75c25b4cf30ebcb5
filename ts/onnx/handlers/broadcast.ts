/** Arithmetic on numbers that are known when importing, with NumPy's broadcasting. */
import { type Call, HOST_LIMIT, Host, hostOf } from '../call.ts';

/** The shape that two shapes broadcast to; undefined when they do not. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [x, y] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape.push(x === 1 ? y : x);
  }
  return shape;
}

/** Where element `index` of `shape` is in an operand of shape `from`, which broadcasts to it. */
export function broadcastIndex(index: number, shape: readonly number[], from: readonly number[]): number {
  let [rest, at, step] = [index, 0, 1];
  for (let back = 1; back <= from.length; back++) {
    const size = shape[shape.length - back] as number;
    const own = from[from.length - back] as number;
    if (own !== 1) at += (rest % size) * step;
    rest = Math.floor(rest / size);
    step *= own;
  }
  return at;
}

/** All inputs of a call, when each of them is known. */
export function allKnown(call: Call): Host[] | undefined {
  const hosts: Host[] = [];
  for (const flow of call.inputs) {
    const host = flow === undefined ? undefined : hostOf(flow);
    if (host === undefined) return undefined;
    hosts.push(host);
  }
  return hosts;
}

/** Folds an arithmetic operator of any number of inputs, from the left. */
export function foldArithmetic(
  compute: (a: number, b: number, integers: boolean) => number,
): (call: Call) => Host | undefined {
  return (call) => {
    const hosts = allKnown(call);
    return hosts?.reduce<Host | undefined>((left, right, i) => {
      if (left === undefined || i === 0) return left;
      const shape = broadcastShape(left.shape, right.shape);
      if (shape === undefined || left.dtype !== right.dtype) return undefined;
      const size = shape.reduce((x, y) => x * y, 1);
      // An 8-bit integer wraps, which only the kernels do.
      if (size > HOST_LIMIT || left.dtype === 'uint8' || left.dtype === 'int8') return undefined;
      const integers = left.dtype === 'int32';
      const values = Array.from({ length: size }, (_, at) => {
        const x = left.values[broadcastIndex(at, shape, left.shape)] as number;
        const y = right.values[broadcastIndex(at, shape, right.shape)] as number;
        const value = compute(x, y, integers);
        return integers ? value : Math.fround(value);
      });
      // Division by zero: an integer has no value for it.
      return values.every((value) => !integers || Number.isFinite(value))
        ? new Host(values, shape, left.dtype)
        : undefined;
    }, hosts[0]);
  };
}
