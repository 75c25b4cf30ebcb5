/** `striate bench`: how long runs take, models and variants in turns, and where the time of the first one goes. */
import path from 'node:path';
import { runtime, scope } from 'striate';
import type { StepProfile } from 'striate/onnx';
import { type AnyModel, anyInputs, type CommonOptions, inputShapes, openAny, startRuntime } from './load.ts';
import { parseInteger } from './parse.ts';
import { colors, digits, Progress, table } from './terminal.ts';

export interface BenchOptions extends CommonOptions {
  readonly shape: readonly string[];
  readonly runs?: string;
  readonly steps: string;
}

/** A model in a variant, and the milliseconds of its runs. */
interface Entrant {
  readonly file: string;
  /** Of those that --variant lists, which may name one twice. */
  readonly variant: number;
  readonly times: number[];
  /** What ran: the variant that was chosen where none was asked for. */
  ran: { variant: string; threads: number };
  profile: readonly StepProfile[];
}

/** Runs before the clock counts: code is compiled, memory is there. */
const WARM_UP = 3;
/** Without --runs, each takes part for about so many milliseconds, in so many runs. */
const MILLISECONDS = 2000;
const [FEWEST, MOST] = [10, 200];
/** Variants take turns so often. */
const ROUNDS = 3;

export async function bench(files: readonly string[], options: BenchOptions): Promise<void> {
  const variants = options.variant?.split(',') ?? [undefined];
  const wanted = options.runs === undefined ? null : parseInteger('--runs', options.runs, 1);
  const shown = parseInteger('--steps', options.steps, 0);
  const entrants = variants.flatMap((_, variant) =>
    files.map(
      (file): Entrant => ({ file, variant, times: [], ran: { variant: '', threads: 1 }, profile: [] }),
    ),
  );
  const rounds = variants.length === 1 ? 1 : ROUNDS;
  const progress = new Progress(rounds * entrants.length);
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of variants.entries()) {
      const { threads } = await startRuntime({ ...options, ...(variant !== undefined && { variant }) });
      const group = entrants.filter((one) => one.variant === i);
      for (const one of group) one.ran = { variant: runtime().variant, threads };
      await race(group, options, wanted === null ? null : Math.ceil(wanted / rounds), progress);
    }
  }
  progress.end();
  const rows = entrants.map(({ file, ran, times, profile }) => ({
    model: file,
    ...ran,
    ...spread(times),
    profile,
  }));
  if (options.json) console.log(JSON.stringify({ runs: rows }, null, 2));
  else print(rows, shown);
}

/** Models of one variant, run in turns. */
async function race(
  group: readonly Entrant[],
  options: BenchOptions,
  wanted: number | null,
  progress: Progress,
): Promise<void> {
  const runners = [];
  for (const entrant of group) {
    const model = await openAny(entrant.file);
    const inputs = anyInputs(model, inputShapes(model, options.shape));
    const run = () => milliseconds(model, inputs);
    let slowest = 0;
    for (let i = 0; i < WARM_UP; i++) slowest = run();
    const enough = Math.min(MOST, Math.max(FEWEST, Math.ceil(MILLISECONDS / Math.max(slowest, 0.01))));
    runners.push({ entrant, model, inputs, run, runs: wanted ?? enough });
  }
  const most = Math.max(...runners.map(({ runs }) => runs));
  for (let i = 0; i < most; i++) {
    for (const { entrant, run, runs } of runners) if (i < runs) entrant.times.push(run());
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { entrant, model, inputs } of runners) {
    if (entrant.profile.length === 0) entrant.profile = model.profile(inputs);
    for (const one of Object.values(inputs)) one.dispose();
    model.dispose();
    await progress.step(path.basename(entrant.file));
  }
}

function milliseconds(model: AnyModel, inputs: Parameters<AnyModel['run']>[0]): number {
  const start = performance.now();
  scope(() => void model.run(inputs));
  return performance.now() - start;
}

interface Spread {
  readonly runs: number;
  readonly min: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
}

/** Of a list of times, in milliseconds. */
export function spread(times: readonly number[]): Spread {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number;
  return {
    runs: sorted.length,
    min: at(0),
    lowerQuartile: at(0.25),
    median: at(0.5),
    upperQuartile: at(0.75),
  };
}

type Row = Spread & { model: string; variant: string; threads: number; profile: readonly StepProfile[] };

function print(rows: readonly Row[], shown: number): void {
  const [first] = rows as readonly [Row];
  const head = ['model', 'variant', 'threads', 'median', 'quartiles', 'fastest', 'runs'];
  const lines = rows.map(({ model, variant, threads, median, lowerQuartile, upperQuartile, min, runs }) => [
    ...[path.basename(model), variant, `${threads}`, colors.bold(`${digits(median)} ms`)],
    ...[`${digits(lowerQuartile)} - ${digits(upperQuartile)}`, digits(min), `${runs}`],
    ...(rows.length > 1 ? [`${digits(median / first.median)} x`] : []),
  ]);
  console.log(table(rows.length > 1 ? [...head, 'time'] : head, lines, rows.length > 1 ? 5 : 4));
  if (shown > 0 && first.profile.length > 0) console.log(`\n${profileText(first, shown)}`);
}

/** The longest steps, with bars of their shares. */
function profileText({ model, profile }: Row, shown: number): string {
  const total = profile.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const sorted = [...profile].sort((a, b) => b.milliseconds - a.milliseconds);
  const largest = sorted[0]?.milliseconds ?? 1;
  const rows = sorted
    .slice(0, shown)
    .map(({ name, operator, algorithm, milliseconds, gflops }) => [
      ...[name, operator, algorithm || '-', { share: milliseconds / largest }],
      ...[
        digits(milliseconds),
        `${((100 * milliseconds) / total).toFixed(1)} %`,
        gflops > 0 ? digits(gflops) : '-',
      ],
    ]);
  const rest = sorted.slice(shown);
  const left = rest.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const title = `steps of ${path.basename(model)}, the longest first: ${digits(total)} ms`;
  const text = table(['step', 'operator', 'algorithm', '', 'ms', 'share', 'GFLOP/s'], rows, 3);
  return [title, text, ...(rest.length > 0 ? [`${rest.length} more: ${digits(left)} ms`] : [])].join('\n');
}
