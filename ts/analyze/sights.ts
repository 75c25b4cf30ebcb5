/**
 * What all values of a net see, each found from those that it is made of. Where a net is the same everywhere along an axis, what an
 * element sees repeats along it: so what a box of a value sees follows from the elements of one period, and no walk goes on from there.
 */
import type { Node, Value } from '../graph/value.ts';
import { type Box, type Interval, wholeOf } from './box.ts';
import { boxesOf, farOf, type ReceptiveField, Sight, spatialAxes } from './field.ts';
import type { Net } from './net.ts';
import { LONGEST_PERIOD, Periods } from './period.ts';
import { ELEMENTWISE } from './reads.ts';

/**
 * What elements of a value see along an axis of the input: what all of them see, from the least to the most, and what moves with
 * them by `shift` for each `period`. `first` and `last` are of the elements of the period from 0 on; none where one sees nothing.
 */
interface View {
  /** The value's axis along which it moves; null where all see the same. */
  readonly mover: number | null;
  readonly fixed: Interval;
  readonly period: number;
  readonly shift: number;
  readonly first: readonly (number | undefined)[];
  readonly last: readonly (number | undefined)[];
}

/** What elements of a value see of an input, by spatial axis of that. */
interface Views {
  readonly input: Value;
  readonly along: readonly View[];
}

export class Sights {
  readonly #net: Net;
  /** Of values whose views repeat. */
  readonly #views = new Map<Value, Views>();
  /** What all elements of a value see together. */
  readonly #periods = new Periods();
  readonly #wholes = new Map<Value, readonly [input: Value, box: Box]>();
  #done = 0;

  constructor(net: Net) {
    this.#net = net;
    for (const input of net.inputs) this.#look(input, true);
  }

  /** How far the elements of a value see that depends on what goes in. */
  field(value: Value): ReceptiveField {
    const { nodes, depends } = this.#net;
    for (const last = value.maker?.order ?? -1; this.#done <= last; this.#done++) {
      const node = nodes[this.#done]!;
      for (const output of node.outputs)
        if (depends(output)) this.#look(output, this.#keepsStep(node, output));
    }
    const views = this.#views.get(value);
    return views === undefined ? new Sight(this.#net, value, this, this.#periods).field() : fieldOf(views);
  }

  #look(value: Value, isEven: boolean): void {
    const boxes = (box: Box) => boxesOf(this.#net, value, box, false, this);
    const all = boxes(wholeOf(value.shape));
    const input = this.#net.inputs.find((one) => all.has(one));
    if (input === undefined) return;
    this.#wholes.set(value, [input, all.get(input) as Box]);
    if (!isEven) return;
    const views = spatialAxes(input).map((axis) =>
      viewOf(value, axis, this.#periods.of(value), (box) => boxes(box).get(input)?.[axis]),
    );
    if (views.every((view) => view !== null)) this.#views.set(value, { input, along: views });
  }

  /** Whether what a node reads moves as its output does, wherever the views of its inputs move. */
  #keepsStep({ entry, inputs }: Node, output: Value): boolean {
    const read = inputs.filter((input) => input !== null && this.#net.depends(input)) as Value[];
    const views = read.map((input) => this.#views.get(input));
    if (views.some((one) => one === undefined) || entry.name === 'unfold') return false;
    if (entry.alias)
      return views[0]!.along.every(
        ({ mover }) => mover === null || staysAxis(read[0]!.shape, output.shape, mover),
      );
    if (read.length < 2) return true;
    const joins = entry.traits?.joins !== undefined;
    if (!joins && !ELEMENTWISE.has(entry.name)) return false;
    const isJoined = (input: Value, axis: number) =>
      joins && input.shape.length === output.shape.length && input.shape[axis] !== output.shape[axis];
    // Views that move at different paces do not stay beside each other.
    const paces = new Map<string, string>();
    return read.every((input, i) => {
      const rank = joins ? 0 : input.shape.length;
      const { input: from, along } = views[i] as Views;
      return along.every(({ mover, period, shift }, axis) => {
        if (mover === null) return true;
        const of = `${from.id} ${axis}`;
        const pace = `${mover - rank} ${shift / period}`;
        const other = paces.get(of) ?? pace;
        paces.set(of, pace);
        return other === pace && !isJoined(input, mover);
      });
    });
  }

  /** As in `Seen`: of the elements at some places of the axes along which views move, all along the others. */
  behind(value: Value, box: Box): readonly [input: Value, box: Box | null] | undefined {
    const views = this.#views.get(value);
    const isWhole = value.shape.every((size, axis) => box[axis]![0] === 0 && box[axis]![1] === size - 1);
    if (isWhole) return this.#wholes.get(value);
    if (views === undefined) return undefined;
    const { input, along } = views;
    const isAll = value.shape.every((size, axis) => {
      const [lo, hi] = box[axis] as Interval;
      return (lo <= 0 && hi >= size - 1) || along.some(({ mover }) => mover === axis);
    });
    if (!isAll) return undefined;
    const found = [...wholeOf(input.shape)];
    const axes = spatialAxes(input);
    for (const [i, view] of along.entries()) {
      const interval = view.mover === null ? view.fixed : seenOf(view, box[view.mover] as Interval);
      if (interval[0] > interval[1]) return [input, null];
      found[axes[i] as number] = interval;
    }
    return [input, found];
  }
}

/**
 * How what a value's elements see moves along an axis of the input: looked up far before and far behind; null where it turns
 * round, or does not repeat.
 */
function viewOf(
  value: Value,
  input: number,
  period: number,
  seen: (box: Box) => Interval | undefined,
): View | null {
  if (period >= LONGEST_PERIOD) return null;
  const far = farOf(period);
  const all = wholeOf(value.shape);
  const looked = new Map<number, Interval | undefined>();
  for (const axis of [...all.keys()].sort((a, b) => Math.abs(a - input) - Math.abs(b - input))) {
    looked.clear();
    const at = (place: number) => {
      if (!looked.has(place))
        looked.set(place, seen(all.map((one, i) => (i === axis ? [place, place] : one))));
      return looked.get(place);
    };
    const near = [...Array(LONGEST_GAP).keys()].find((place) => at(far + place) !== undefined);
    if (near === undefined) return null;
    const [before, behind, further] = [-far, far, 2 * far].map((place) => at(place + near));
    if (!before || !behind || !further) return null;
    if (behind.join() === further.join()) continue;
    const turn = further[1] - behind[1];
    if (turn <= 0) return null;
    const shift = turn / (far / period);
    if (!Number.isInteger(shift)) return null;
    const places = [...Array(period).keys()];
    const first = places.map((place) => at(place - far)).map((one) => one && one[0] + turn);
    const last = places.map((place) => at(place + far)).map((one) => one && one[1] - turn);
    // Where all that moves has gone, what does not move is left.
    const phase = near % period;
    const least = behind[0] < first[phase]! + turn ? behind[0] : Infinity;
    const most = before[1] > last[phase]! - turn ? before[1] : -Infinity;
    return { mover: axis, fixed: [least, most], period, shift, first, last };
  }
  const fixed = seen(all);
  return fixed === undefined ? null : { mover: null, fixed, period: 1, shift: 0, first: [], last: [] };
}

/** As many elements beside each other as may see nothing. */
const LONGEST_GAP = 8;

/** What places lo to hi see: the first of the first period, the last of the last. */
function seenOf({ fixed, period, shift, first, last }: View, [lo, hi]: Interval): Interval {
  let [least, most] = fixed;
  const turned = (list: readonly (number | undefined)[], place: number) => {
    const turn = Math.floor(place / period);
    const one = list[place - turn * period];
    return one === undefined ? undefined : one + turn * shift;
  };
  for (let i = 0; i < period && lo + i <= hi; i++) {
    least = Math.min(least, turned(first, lo + i) ?? Infinity);
    most = Math.max(most, turned(last, hi - i) ?? -Infinity);
  }
  return [least, most];
}

/** The field of elements that see so; as `Sight` finds it by walks. */
function fieldOf({ along }: Views): ReceptiveField {
  const all = along.map((view) => {
    const { mover, fixed, period, shift } = view;
    const seen = [...Array(period).keys()]
      .map((place) => (mover === null ? fixed : seenOf(view, [place, place])))
      .filter(([first, last]) => first <= last);
    return {
      size: Math.max(0, ...seen.map(([first, last]) => last - first + 1)),
      stride: fixed[0] <= fixed[1] ? 0 : shift / period,
      start: seen[0]?.[0] ?? 0,
    };
  });
  return {
    size: all.map(({ size }) => size),
    stride: all.map(({ stride }) => stride),
    start: all.map(({ start }) => start),
  };
}

/** Whether an axis is one of its own in another shape of the same elements. */
function staysAxis(from: readonly number[], to: readonly number[], axis: number): boolean {
  const before = (shape: readonly number[], count: number) =>
    shape.slice(0, count).reduce((a, b) => a * b, 1);
  return to.some((size, at) => size === from[axis] && before(to, at) === before(from, axis));
}
