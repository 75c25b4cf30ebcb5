/**
 * A large weight that is packed, and read by nothing else, is brought in, made floats and packed by slices of its output
 * channels: beside its packed form one slice of it lies in the memory, not all of it.
 */
import type { Runs } from '../engine/memory.ts';
import { type Buffer, type Builder, root, type Step } from '../instructions/builder.ts';
import { OP } from '../instructions/table.ts';

/** Which bytes of a capture a step brings in, instead of those of the step `of`. */
export interface Slice {
  readonly of: Step;
  readonly runs: Runs;
}

/** The channels of a row tile: slices end between tiles. */
const TILE = 4;

/** The steps of a piece with slices of at most so many bytes where a weight takes more; what brings them in is put into `slices`. */
export function inSlices(
  to: Builder,
  steps: readonly Step[],
  isBrought: (step: Step) => boolean,
  most: number,
  slices: Map<Step, Slice>,
): readonly Step[] {
  let all = steps;
  for (const pack of steps) {
    if (pack.opcode !== OP.convPack || (pack.reads[0] as Buffer).bytes <= most) continue;
    const chain = chainTo(pack, steps, isBrought);
    const cut = chain === null ? null : cutOf(pack, chain, most);
    if (chain === null || cut === null) continue;
    const own = new Set(chain);
    all = all.flatMap((step) => {
      if (own.has(step)) return [];
      return step === pack ? sliced(to, pack, chain, cut, slices) : [step];
    });
  }
  return all;
}

/** The steps that make a weight, element by element, of what the first of them brings in; null where others read it on its way. */
function chainTo(pack: Step, steps: readonly Step[], isBrought: (step: Step) => boolean): Step[] | null {
  const chain: Step[] = [];
  for (let last = pack; ; ) {
    const [read] = last.reads as [Buffer];
    const [maker, ...others] = steps.filter(
      ({ reads, writes }) => reads.includes(read) || writes.includes(read),
    );
    // Its maker comes first, then the one that reads it.
    if (maker === undefined || others.length !== 1 || maker.writes[0] !== read || root(read) !== read)
      return null;
    chain.unshift(maker);
    if (isBrought(maker)) return chain;
    if (!isElementwise(maker)) return null;
    last = maker;
  }
}

/** Casts, and operations with one number: of each what follows from the count of elements is one of the params. */
const COUNTED: ReadonlyMap<number, number> = /*#__PURE__*/ new Map([
  [OP.cast, 2],
  [OP.binary, 3],
]);

function isElementwise({ opcode, params }: Step): boolean {
  if (opcode === OP.cast) return true;
  const [, , rank, , ofA, ofB] = params;
  return opcode === OP.binary && rank === 1 && ofA === 1 && ofB === 0;
}

/** A weight [outer, channels, inner], and how many channels a slice has. */
interface Cut {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
  readonly slice: number;
}

/** Null where a slice's elements do not lie so, or its packed form not in one place. */
function cutOf({ params, reads, writes }: Step, chain: readonly Step[], most: number): Cut | null {
  const [, groups, ci, channels, kd, kh, kw, , , output, ...rest] = params as [
    number,
    number,
    number,
    number,
    ...number[],
  ];
  const [input, depth, height, width, offset] = rest;
  const [weight, packed] = [reads[0] as Buffer, writes[0] as Buffer];
  const sizes = [ci, kd, kh, kw] as number[];
  const each = sizes.reduce((product, size) => product * size, 1);
  const slice = TILE * Math.max(1, Math.floor((most * channels) / weight.bytes / TILE));
  const isWhole =
    weight.bytes === 4 * each * channels && packed.bytes === 4 * each * TILE * Math.ceil(channels / TILE);
  const isCounted = chain.every(
    ({ opcode, params }) => (params[COUNTED.get(opcode) ?? -1] ?? each * channels) === each * channels,
  );
  if (groups !== 1 || offset !== 0 || slice >= channels || !isWhole || !isCounted) return null;
  const strides = [input, depth, height, width] as number[];
  const reach = sizes.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] as number), 0);
  const moving = strides.filter((_, axis) => (sizes[axis] as number) > 1);
  if (moving.some((stride) => stride < 0)) return null;
  if (output === each && reach < each) return { outer: 1, channels, inner: each, slice };
  const isApart = moving.every((stride) => stride % channels === 0) && reach < each * channels;
  return output === 1 && isApart ? { outer: each, channels, inner: 1, slice } : null;
}

function sliced(to: Builder, pack: Step, chain: readonly Step[], cut: Cut, slices: Map<Step, Slice>): Step[] {
  const { outer, channels, inner, slice } = cut;
  const made: Step[] = [];
  const packed = pack.writes[0] as Buffer;
  const each = outer * inner;
  for (let from = 0; from < channels; from += slice) {
    const own = Math.min(slice, channels - from);
    let last: Buffer | null = null;
    for (const step of chain) {
      const size = (step.writes[0] as Buffer).bytes / (each * channels);
      const into = to.temporary(size * each * own);
      const count = COUNTED.get(step.opcode);
      const isFirst: boolean = last === null;
      const next: Step = {
        ...step,
        reads: isFirst ? step.reads : [last, ...step.reads.slice(1)],
        writes: [into],
        params: isFirst ? step.params : step.params.map((word, i) => (i === count ? each * own : word)),
      };
      if (isFirst) {
        const [bytes, stride, first] = [own, channels, from].map((one) => one * inner * size) as [
          number,
          number,
          number,
        ];
        slices.set(next, { of: step, runs: { first, bytes, stride, count: outer } });
      }
      made.push(next);
      last = into;
    }
    const place = to.piece(packed, 4 * each * from, 4 * each * TILE * Math.ceil(own / TILE));
    made.push({ ...pack, reads: [last], writes: [place], params: packParams(pack.params, cut, own) });
  }
  return made;
}

/** Of so many channels: what is a multiple of all of them, between rows of channels, is one of these. */
function packParams(params: readonly number[], { channels, outer }: Cut, own: number): number[] {
  const words = [...params];
  words[3] = own;
  if (outer > 1)
    for (let axis = 10; axis < 14; axis++) words[axis] = Math.floor((words[axis] as number) / channels) * own;
  return words;
}
