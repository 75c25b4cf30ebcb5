/** What a program is made of, as text, and where its time goes, as rows. */
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { typeBytes } from '../graph/resolve.ts';
import { ALGORITHM, BYTES } from '../instructions/table.ts';
import type { Words } from '../instructions/words.ts';
import type { Executable } from './executable.ts';
import type { Instructions } from './instructions.ts';
import { limitOf } from './limit.ts';

/** The option of `Program.profile` and `Model.profile`. */
export interface ProfileOptions {
  /** How many runs the medians are of. Default 10. */
  runs?: number | undefined;
}

/** One step's share of a run: a row of `profile`. */
export interface StepProfile {
  /** The path of its module, or the operator's name where there is none. */
  readonly name: string;
  /** The operator, with what was fused into it. */
  readonly operator: string;
  /**
   * The algorithm, where there are several. Convolutions of bytes have their own: `bytes-3x3` goes by Winograd's method where the
   * engine has no dot product of bytes.
   */
  readonly algorithm: string;
  /** The median of the runs. */
  readonly milliseconds: number;
  /** 2 x multiply-accumulates per nanosecond, of floats or of bytes. */
  readonly gflops: number;
  /**
   * The least milliseconds in which this machine could do it: its multiply-accumulates at the peak of a loop in registers, of
   * floats or of bytes as the step's are (Winograd's by its own count), or its operands' bytes at the pace of a copy, whichever
   * takes longer. What is needed of these is measured at the first call.
   */
  readonly limit: number;
  /** `limit / milliseconds`, at most 1; the sum of limits by the sum of milliseconds is the whole program's. */
  readonly share: number;
}

/** The number of the algorithm of a row; 0 where there is no choice. */
function algorithmOf({ rows, algorithms }: Words, row: number): number {
  return algorithms.find((algorithm, step) => rows[step] === row && algorithm > 0) ?? 0;
}

function nameOf(algorithm: number): string {
  const names = ['', ...Object.keys(ALGORITHM), ...Object.keys(BYTES)];
  return names[algorithm] ?? `${algorithm}`;
}

/** Median milliseconds of each row of the main list; its bases are bound. */
export function profileSteps(
  on: Engine,
  where: string,
  { rows, main }: Executable,
  instructions: Instructions,
  runs: number,
): StepProfile[] {
  const times = rows.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    const sums = new Array<number>(rows.length).fill(0);
    main.rows.forEach((row, step) => {
      const start = performance.now();
      instructions.runStep(where, step);
      sums[row] = (sums[row] as number) + performance.now() - start;
    });
    for (const [row, sum] of sums.entries()) times[row]?.push(sum);
  }
  return rows.flatMap(({ path, operator, blamed, macs, bytes, fixed }, index) => {
    if (fixed) return [];
    const sorted = (times[index] as number[]).sort((a, b) => a - b);
    const milliseconds = sorted[sorted.length >> 1] as number;
    const gflops = milliseconds > 0 ? (2 * macs) / (milliseconds * 1e6) : 0;
    const algorithm = algorithmOf(main, index);
    // What a step reads only in part, or from nearer than it would seem, could be done in less.
    const limit = Math.min(limitOf(on, { macs, bytes, algorithm }), milliseconds);
    const share = milliseconds > 0 ? limit / milliseconds : 1;
    return [
      { name: path || blamed, operator, algorithm: nameOf(algorithm), milliseconds, gflops, limit, share },
    ];
  });
}

/** A row per node, totals, and the planned memory. */
export function summaryText(executable: Executable, weightBytes: number): string {
  const [arena, weights] = [executable.main.arenaBytes, weightBytes].map((bytes) =>
    bytes.toLocaleString('en'),
  );
  return `${rowsText(executable)}\nplanned peak of activations: ${arena} bytes   packed weights: ${weights} bytes`;
}

/** A row per node, and totals. */
export function rowsText({ rows: all, main }: Executable): string {
  const rows = all.flatMap(({ path, operator, outputs, parameters, macs, fixed }, index) => {
    if (fixed) return [];
    const bytes = outputs.reduce((sum, type) => sum + typeBytes(type), 0);
    const cells = [
      path || '-',
      operator,
      nameOf(algorithmOf(main, index)) || '-',
      outputs.map(({ shape }) => shapeText(shape)).join(' '),
      parameters.toLocaleString('en'),
      macs.toLocaleString('en'),
      bytes.toLocaleString('en'),
    ];
    return [{ cells, parameters, macs }];
  });
  const total = (of: 'parameters' | 'macs') =>
    rows.reduce((sum, row) => sum + row[of], 0).toLocaleString('en');
  const head = ['name', 'operator', 'algorithm', 'output', 'parameters', 'macs', 'bytes'];
  return [
    ...table([head, ...rows.map((row) => row.cells)], head.length - 3),
    '',
    `parameters: ${total('parameters')}   multiply-accumulates: ${total('macs')}`,
  ].join('\n');
}

/** Inputs or outputs: `x: float32 [1, 3, 224, 224], float32 [...]`, the last of no known rank. */
export function typesText(
  types: readonly {
    readonly name?: string;
    readonly dtype: DType;
    readonly shape: readonly unknown[] | null;
  }[],
): string {
  return types
    .map(({ name, dtype, shape }) => `${name ? `${name}: ` : ''}${dtype} [${shape?.join(', ') ?? '...'}]`)
    .join(', ');
}

/** Rows in columns: text, which the first `left` hold, to the left, figures to the right. */
export function table(rows: readonly (readonly string[])[], left: number): string[] {
  const widths = (rows[0] as readonly string[]).map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
