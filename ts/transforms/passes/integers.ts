/**
 * Sums of bytes that are read as floats alone: cast -> times scale -> and bias -> relu behind a convolution of integers is its end,
 * which rounds as they do.
 */
import { makerOf, type Pass, type Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import { countOf } from '../../instructions/emit.ts';
import { SUMS } from '../../instructions/table.ts';
import { INTEGER_CONV } from '../../ops/integerConvolution.ts';
import { made, orders } from './match.ts';

/** The places of inputs and of SUMS among the params. */
const [SCALE, BIAS, END] = [4, 5, 2];

/** The convolution of integers that nothing else reads, where its sums become this. */
function convOf(value: Value | null | undefined, sums: number): Node | null {
  if (value?.uses.length !== 1) return null;
  return makerOf(value, ({ entry, params }) => entry === INTEGER_CONV && params[END] === sums);
}

/** Whether a value is one for all, or one for each channel of a convolution's result. */
function isAlong({ shape, dtype }: Value, { shape: whole }: Value, mayBeOne: boolean): boolean {
  const channels = whole[1] as number;
  if (dtype !== 'float32' || shape.length > whole.length) return false;
  if (countOf(shape) === 1) return mayBeOne || channels === 1;
  return countOf(shape) === channels && shape[shape.length - (whole.length - 1)] === channels;
}

/** The same convolution with one more input, and another end. */
function ending({ inputs, params }: Node, sums: number, place?: number, value?: Value) {
  const all = Array.from({ length: Math.max(inputs.length, (place ?? 0) + 1) }, (_, i) =>
    i === place ? (value as Value) : (inputs[i] ?? null),
  );
  return { all, params: params.map((one, i) => (i === END ? sums : one)) };
}

const scaled: Rule = {
  name: 'integers times a scale',
  on: ['mul'],
  match(root) {
    for (const [a, scale] of orders(root)) {
      const cast = a.uses.length === 1 && a.dtype === 'float32' ? made(a, 'cast') : null;
      const conv = cast && convOf(cast.inputs[0], SUMS.integers);
      if (!cast || !conv || !isAlong(scale, a, true)) continue;
      const { all, params } = ending(conv, SUMS.floats, SCALE, scale);
      return { inner: [conv, cast], make: (add) => add(conv.entry, all, params) };
    }
    return null;
  },
};

const biased: Rule = {
  name: 'integers and a bias',
  on: ['add'],
  match(root) {
    for (const [a, bias] of orders(root)) {
      const conv = convOf(a, SUMS.floats);
      if (!conv || conv.inputs[BIAS] || !isAlong(bias, a, false)) continue;
      const { all, params } = ending(conv, SUMS.floats, BIAS, bias);
      return { inner: [conv], make: (add) => add(conv.entry, all, params) };
    }
    return null;
  },
};

const rectified: Rule = {
  name: 'integers that are rectified',
  on: ['relu'],
  match({ inputs: [x] }) {
    const conv = convOf(x, SUMS.floats);
    const { all, params } = conv ? ending(conv, SUMS.rectified) : { all: [], params: [] };
    return conv && { inner: [conv], make: (add) => add(conv.entry, all, params) };
  },
};

export const SUMS_AS_FLOATS: Pass = { name: 'sums as floats', rules: [scaled, biased, rectified] };
