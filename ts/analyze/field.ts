/**
 * How far an element of a layer sees: the box of input places that its value can depend on, walked back through the graph. Boxes are
 * not cut at the borders of what lies between, so that size and stride are those of the inside, and branches add up to the
 * box around them (Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019).
 */
import type { Value } from '../graph/value.ts';
import { around, type Box, type Interval, inside, wholeOf } from './box.ts';
import type { Net } from './net.ts';
import { LONGEST_PERIOD, Periods } from './period.ts';
import { readsOf } from './reads.ts';

/** How far the elements of a layer see, per spatial axis of the input. */
export interface ReceptiveField {
  /** How many input places an element spans; where that alternates, the most. */
  readonly size: readonly number[];
  /** How far the span moves from one element to the next, also a fraction; 0 where every element sees the same. */
  readonly stride: readonly number[];
  /** The first input place that element 0 sees; negative in the padding. */
  readonly start: readonly number[];
}

/** Further than any picture is large, in whole periods. */
export const farOf = (period: number): number => period * Math.ceil(300_000 / period);

/** Knows what boxes of some values see of an input, so that a walk need not go on from there. */
export interface Seen {
  /** The input and its box, null where nothing of it is seen; undefined where this is not known. */
  behind(value: Value, box: Box): readonly [input: Value, box: Box | null] | undefined;
}

/**
 * The boxes of inputs that a box of `value` can depend on; inputs that it cannot depend on are left out. `isCut`: of what lies
 * between only places that there are count, not those of its padding.
 */
export function boxesOf(net: Net, value: Value, box: Box, isCut = false, seen?: Seen): Map<Value, Box> {
  const boxes = new Map<Value, Box>();
  // Values whose makers are still to be looked at.
  let open = 0;
  const add = (to: Value, more: Box) => {
    const before = boxes.get(to);
    if (before === undefined && to.maker !== null) open++;
    boxes.set(to, around(before, more) as Box);
  };
  add(value, box);
  // What was recorded after its maker does not go into it.
  for (let i = value.maker?.order ?? -1; i >= 0 && open > 0; i--) {
    const node = net.nodes[i]!;
    for (const output of node.outputs) {
      const asked = boxes.get(output);
      if (asked === undefined) continue;
      open--;
      const known = seen?.behind(output, asked);
      if (known !== undefined) {
        if (known[1] !== null) add(known[0], known[1]);
        continue;
      }
      readsOf(node, output, asked).forEach((read, slot) => {
        const input = node.inputs[slot];
        if (read === null || !input || !net.depends(input)) return;
        const inner = isCut ? inside(read, input.shape) : read;
        if (inner !== null) add(input, inner);
      });
    }
  }
  return new Map(net.inputs.flatMap((input) => (boxes.has(input) ? [[input, boxes.get(input)!]] : [])));
}

/** The axes that pictures, sounds and volumes lie along: behind batch and channels, or between them. */
export function spatialAxes({ shape }: Value): number[] {
  const { length } = shape;
  const [, second = 1] = shape;
  const isLast = length === 4 && (shape[3] as number) <= 4 && second > 4;
  return [...Array(Math.max(0, length - 2)).keys()].map((axis) => axis + (isLast ? 1 : 2));
}

/** A layer, seen from the input that it depends on. */
export class Sight {
  readonly input: Value | null;
  readonly #net: Net;
  readonly #value: Value;
  readonly #seen: Seen | undefined;
  readonly #period: number;
  readonly #far: number;
  readonly #boxes = new Map<string, Box | null>();
  /** The input's spatial axes, and for each the layer's axis along which the view moves; null where none does. */
  readonly axes: readonly { readonly input: number; readonly layer: number | null }[];

  /** `seen`: what is known of the values that it is made of. */
  constructor(net: Net, value: Value, seen?: Seen, periods = new Periods()) {
    this.#net = net;
    this.#value = value;
    this.#seen = seen;
    this.#period = periods.of(value);
    this.#far = farOf(this.#period);
    const all = boxesOf(net, value, this.#at([]), false, seen);
    this.input = net.inputs.find((input) => all.has(input)) ?? null;
    const { input } = this;
    this.axes =
      input === null ? [] : spatialAxes(input).map((axis) => ({ input: axis, layer: this.#mover(axis) }));
  }

  /** The elements of the layer at these places, all along the other axes. */
  #at(places: readonly (readonly [axis: number, place: number])[]): Box {
    const moved = new Map(places);
    return wholeOf(this.#value.shape).map((all, axis): Interval => {
      const place = moved.get(axis);
      return place === undefined ? all : [place, place];
    });
  }

  /** The box of the input behind the elements at these places; null where they see nothing of it. */
  box(places: readonly (readonly [axis: number, place: number])[]): Box | null {
    if (this.input === null) return null;
    return boxesOf(this.#net, this.#value, this.#at(places), false, this.#seen).get(this.input) ?? null;
  }

  /**
   * The box of the element at these places: within the picture what it does depend on, and how far it would see beyond. The padding
   * of what lies between counts only there.
   */
  exactBox(places: readonly (readonly [axis: number, place: number])[]): Box | null {
    const { input } = this;
    const open = this.box(places);
    if (input === null || open === null) return null;
    const cut = boxesOf(this.#net, this.#value, this.#at(places), true).get(input);
    return open.map(([lo, hi], axis): Interval => {
      const size = input.shape[axis] as number;
      const [first, last] = cut?.[axis] ?? [lo, lo < 0 || hi >= size ? hi : lo - 1];
      return [lo < 0 ? lo : first, hi >= size ? hi : last];
    });
  }

  /** The layer's axis along which an element must move so that its view moves along the input's `axis`. */
  #mover(axis: number): number | null {
    const axes = [...this.#value.shape.keys()].slice(1);
    // The same axis is the likely one.
    axes.sort((a, b) => Math.abs(a - axis) - Math.abs(b - axis));
    const at = (layer: number, times: number) =>
      this.#interval(axis, layer, this.#near(axis, layer) + times * this.#far);
    const moving = axes.find((layer) => at(layer, 1)?.join() !== at(layer, 2)?.join());
    if (moving !== undefined) return moving;
    // Places in a row of all rows move too, up to the last; channels of several branches are around each other.
    const isOrdered = (one: Interval | null, far: Interval | null) =>
      one !== null && far !== null && far[0] > one[0] && far[1] > one[1];
    return axes.find((layer) => isOrdered(at(layer, 0), at(layer, 1))) ?? null;
  }

  #interval(axis: number, layer: number | null, place: number): Interval | null {
    const key = layer === null ? '' : `${layer} ${place}`;
    // A walk through the graph finds the places along all axes.
    if (!this.#boxes.has(key)) this.#boxes.set(key, this.box(layer === null ? [] : [[layer, place]]));
    return this.#boxes.get(key)?.[axis] ?? null;
  }

  /** The first element that sees something: of a transposed convolution some may see nothing. */
  #near(axis: number, layer: number): number {
    let place = 0;
    while (place < LONGEST_PERIOD && this.#interval(axis, layer, place) === null) place++;
    return place;
  }

  /** How far the view moves from one element to the next: out there, where what all elements see lies behind. */
  #stride(axis: number, layer: number): number {
    const near = this.#near(axis, layer);
    const [one, other] = [1, 2].map((times) => this.#interval(axis, layer, near + times * this.#far));
    return one && other ? (other[0] - one[0]) / this.#far : 0;
  }

  /** Size, stride and start along one of the axes. */
  #along({ input: axis, layer }: Sight['axes'][number]): { size: number; stride: number; start: number } {
    const stride = layer === null ? 0 : this.#stride(axis, layer);
    const seen = [...Array(this.#period).keys()].flatMap((place) => this.#interval(axis, layer, place) ?? []);
    const sizes = seen.flatMap((lo, i) => (i % 2 === 0 ? (seen[i + 1] as number) - lo + 1 : []));
    return { size: Math.max(0, ...sizes), stride, start: seen[0] ?? 0 };
  }

  field(): ReceptiveField {
    const all = this.axes.map((axis) => this.#along(axis));
    return {
      size: all.map(({ size }) => size),
      stride: all.map(({ stride }) => stride),
      start: all.map(({ start }) => start),
    };
  }
}
