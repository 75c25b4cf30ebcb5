/** The instruction of recurrent cells (crates/core/src/instructions/recurrent.rs), and the weights in its order. */
import { DTYPE } from '../base/boundary.ts';
import { recurrent } from '../engine/sides/recurrent.ts';
import { type Buffer, type Builder, bits, type OperandsOf } from './builder.ts';
import { writeCopy } from './copy.ts';
import { type Activation, activationWords } from './elementwise.ts';
import { OP } from './table.ts';

/** What a cell is, and how it goes along its input. */
export interface Recurrence {
  readonly steps: number;
  readonly batch: number;
  readonly units: number;
  /** 1: an RNN, 3: a GRU, 4: an LSTM. */
  readonly gates: number;
  readonly directions: number;
  /** The only direction is from the end. */
  readonly reverse: boolean;
  /** A GRU's reset gate is applied after the product. */
  readonly after: boolean;
  /** An LSTM's forget gate is 1 - its input gate. */
  readonly coupled: boolean;
  readonly clip: number;
  /** Three for each direction. */
  readonly activations: readonly Activation[];
}

/** Units that a panel of weights is wide. */
const BLOCK = 4;

/** y and the last states of the steps. */
export function writeRecurrent(
  to: Builder,
  where: string,
  { p, weights, extra, lengths, state, y, last }: Omit<OperandsOf<'recurrent'>, 'scratch'>,
  cell: Recurrence,
): void {
  to.needs(recurrent);
  const { steps, batch, units, gates, directions } = cell;
  const words = [
    ...[DTYPE.float32, steps, batch, units, gates, directions],
    ...[cell.reverse, cell.after, cell.coupled].map((flag) => (flag ? 1 : 0)),
    ...[bits(cell.clip), ...cell.activations.flatMap(activationWords)],
  ];
  const { scratch } = to.plan(where, OP.recurrent, words);
  const macs = steps * batch * directions * gates * units * units;
  to.step(OP.recurrent, [p, weights, extra ?? null, lengths ?? null, state], [y, last], words, {
    scratch,
    macs,
  });
}

/** Hidden weights [directions, gates, units, units] in panels. */
export function emitPanels(to: Builder, weights: Buffer, cell: Recurrence): Buffer {
  const { units, gates, directions, after } = cell;
  const wide = Math.ceil(units / (2 * BLOCK)) * 2 * BLOCK;
  const panels = to.temporary(4 * directions * gates * wide * units);
  const square = units * units;
  const [whole, rest] = [Math.floor(units / BLOCK), units % BLOCK];
  for (let direction = 0; direction < directions; direction++) {
    for (const [first, count] of gates === 3 && !after
      ? ([
          [0, 2],
          [2, 1],
        ] as const)
      : ([[0, gates]] as const)) {
      const from = (direction * gates + first) * square;
      const at = (direction * gates + first) * wide * units;
      const row = count * BLOCK;
      writeCopy(
        to,
        { x: weights, y: panels },
        {
          shape: [whole, count, BLOCK, units],
          source: { strides: [BLOCK * units, square, units, 1], offset: from },
          target: { strides: [units * row, BLOCK, 1, row], offset: at },
        },
      );
      writeCopy(
        to,
        { x: weights, y: panels },
        {
          shape: [count, rest, units],
          source: { strides: [square, units, 1], offset: from + whole * BLOCK * units },
          target: { strides: [BLOCK, 1, row], offset: at + whole * units * row },
        },
      );
    }
  }
  return panels;
}
