/**
 * The memory plan: buffers that live from their first to their last step get offsets in one arena, so that what is
 * alive at the same time does not overlap. Greedy by size: the largest first, each at the lowest gap that it fits in
 * (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020).
 */
import { align, type Buffer, root, type Step } from '../instructions/builder.ts';

interface Life {
  readonly buffer: Buffer;
  readonly first: number;
  last: number;
}

/** Places every arena buffer of these steps; gives the bytes of the arena. */
export function assignOffsets(steps: readonly Step[]): number {
  const order = [...lives(steps).values()].sort(
    (a, b) => b.buffer.bytes - a.buffer.bytes || a.first - b.first,
  );
  const placed = new Placed();
  let total = 0;
  for (const life of order) {
    const beside = placed.beside(life).sort((a, b) => a.buffer.offset - b.buffer.offset);
    let offset = 0;
    for (const other of beside) {
      if (offset + life.buffer.bytes <= other.buffer.offset) break;
      offset = Math.max(offset, align(other.buffer.offset + other.buffer.bytes));
    }
    life.buffer.offset = offset;
    placed.add(life);
    total = Math.max(total, align(offset + life.buffer.bytes));
  }
  return total;
}

/** Steps whose lives are kept together. */
const SPAN = 64;

/** Lives that have their places, by spans of steps: programs of thousands of steps have few of them at a time. */
class Placed {
  readonly #spans: Life[][] = [];

  add(life: Life): void {
    const end = spanOf(life.last);
    for (let span = spanOf(life.first); span <= end; span++) {
      const known = this.#spans[span];
      if (known === undefined) this.#spans[span] = [life];
      else known.push(life);
    }
  }

  /** Those that are alive at some step of `life`, each once: in the first span that both touch. */
  beside(life: Life): Life[] {
    const found: Life[] = [];
    const [start, end] = [spanOf(life.first), spanOf(life.last)];
    for (let span = start; span <= end; span++) {
      for (const other of this.#spans[span] ?? []) {
        const isFirst = span === start || other.first >= span * SPAN;
        if (isFirst && other.first <= life.last && life.first <= other.last) found.push(other);
      }
    }
    return found;
  }
}

const spanOf = (step: number): number => Math.floor(step / SPAN);

/** From the first to the last step that touches each arena buffer. */
function lives(steps: readonly Step[]): Map<Buffer, Life> {
  const found = new Map<Buffer, Life>();
  const touch = (operand: Buffer | null, index: number) => {
    const buffer = operand === null ? null : root(operand);
    if (buffer?.place !== 'arena') return;
    const life = found.get(buffer);
    if (life === undefined) found.set(buffer, { buffer, first: index, last: index });
    else life.last = index;
  };
  steps.forEach(({ reads, writes, scratch }, index) => {
    for (const read of reads) touch(read, index);
    for (const write of writes) touch(write, index);
    touch(scratch, index);
  });
  return found;
}

/** Lets a step write over what it reads last, where its operator allows that. */
export function shareInPlace(steps: readonly Step[]): void {
  const alive = lives(steps);
  steps.forEach((step, index) => {
    const [read, write] = [step.reads[step.inPlace], step.writes[0]];
    if (!read || !write || write.place !== 'arena' || write.within !== null) return;
    const home = root(read);
    const [from, to] = [alive.get(home), alive.get(root(write))];
    if (from === undefined || to === undefined || home === root(write)) return;
    const others = step.reads.some(
      (other, i) => i !== step.inPlace && other !== null && root(other) === home,
    );
    if (from.last !== index || to.first !== index || home.bytes !== write.bytes || others) return;
    [write.within, write.offset] = [home, 0];
    from.last = to.last;
    alive.delete(write);
  });
}
