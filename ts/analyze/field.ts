/**
 * How far an element of a layer sees: the box of input places that its value can depend on, walked back through the graph. Boxes are
 * not cut at the borders of what lies between, so that size and stride are those of the inside, and branches add up to the
 * box around them (Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019).
 */
import type { Value } from '../graph/value.ts';
import { around, type Box, type Interval, inside, wholeOf } from './box.ts';
import type { Net } from './net.ts';
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

/** Further than any period of strides that come up, and divisible by them. */
const FAR = 5040;
const LONGEST_PERIOD = 64;

/**
 * The boxes of inputs that a box of `value` can depend on; inputs that it cannot depend on are left out. `isCut`: of what lies
 * between only places that there are count, not those of its padding.
 */
export function boxesOf(net: Net, value: Value, box: Box, isCut = false): Map<Value, Box> {
  const boxes = new Map<Value, Box>([[value, box]]);
  // What was recorded after its maker does not go into it.
  for (let i = value.maker?.order ?? -1; i >= 0; i--) {
    const node = net.nodes[i]!;
    for (const output of node.outputs) {
      const asked = boxes.get(output);
      if (asked === undefined) continue;
      readsOf(node, output, asked).forEach((read, slot) => {
        const input = node.inputs[slot];
        if (read === null || !input || !net.depends(input)) return;
        const seen = isCut ? inside(read, input.shape) : read;
        if (seen !== null) boxes.set(input, around(boxes.get(input), seen) as Box);
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
  readonly #boxes = new Map<string, Box | null>();
  /** The input's spatial axes, and for each the layer's axis along which the view moves; null where none does. */
  readonly axes: readonly { readonly input: number; readonly layer: number | null }[];

  constructor(net: Net, value: Value) {
    this.#net = net;
    this.#value = value;
    const all = boxesOf(net, value, this.#at([]));
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
    return boxesOf(this.#net, this.#value, this.#at(places)).get(this.input) ?? null;
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
    return axes.find((layer) => this.#stride(axis, layer) !== 0) ?? null;
  }

  #interval(axis: number, layer: number | null, place: number): Interval | null {
    const key = layer === null ? '' : `${layer} ${place}`;
    // A walk through the graph finds the places along all axes.
    if (!this.#boxes.has(key)) this.#boxes.set(key, this.box(layer === null ? [] : [[layer, place]]));
    return this.#boxes.get(key)?.[axis] ?? null;
  }

  /** How far the view moves from one element to the next. An element of a transposed convolution may see nothing. */
  #stride(axis: number, layer: number): number {
    for (let place = 0; place < LONGEST_PERIOD; place++) {
      const near = this.#interval(axis, layer, place);
      if (near !== null) return ((this.#interval(axis, layer, place + FAR)?.[0] ?? near[0]) - near[0]) / FAR;
    }
    return 0;
  }

  /** Size, stride and start along one of the axes. */
  #along({ input: axis, layer }: Sight['axes'][number]): { size: number; stride: number; start: number } {
    const stride = layer === null ? 0 : this.#stride(axis, layer);
    let period = 1;
    while (period < LONGEST_PERIOD && !isWhole(stride * period)) period++;
    const seen = [...Array(period).keys()].flatMap((place) => this.#interval(axis, layer, place) ?? []);
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

const isWhole = (x: number): boolean => Math.abs(x - Math.round(x)) < 1e-9;
