/** `striate summary`: what a model takes, gives and consists of: a row per step of its program, and totals. */
import path from 'node:path';
import { scope } from 'striate';
import {
  type AnyModel,
  anyInputs,
  type CommonOptions,
  inputShapes,
  openAny,
  portText,
  startRuntime,
} from './load.ts';
import { byteText, colors, grouped, table, wrapped } from './terminal.ts';

export interface SummaryOptions extends CommonOptions {
  readonly shape: readonly string[];
}

/** A step of the program. */
interface Step {
  readonly name: string;
  readonly operator: string;
  readonly algorithm: string;
  readonly output: string;
  readonly parameters: number;
  readonly macs: number;
  readonly bytes: number;
}

interface Totals {
  readonly parameters: number;
  readonly macs: number;
  readonly activationBytes: number;
  readonly packedBytes: number;
}

export async function summary(file: string, options: SummaryOptions): Promise<void> {
  await startRuntime(options);
  const model = await openAny(file);
  const text = summaryOf(model, inputShapes(model, options.shape));
  const steps = stepsOf(text);
  const totals = totalsOf(text);
  const { inputs, outputs, notes, metadata } = model;
  const all = { model: file, inputs, outputs, notes, metadata, steps, totals };
  if (options.json) {
    console.log(JSON.stringify(all, null, 2));
    return;
  }
  console.log(colors.bold(path.basename(file)));
  const ports = [`takes ${inputs.map(portText).join(', ')}`, `gives ${outputs.map(portText).join(', ')}`];
  for (const line of [...ports, ...notes]) console.log(wrapped(`  ${line}`, '    '));
  const rows = steps.map(({ name, operator, algorithm, output, parameters, macs, bytes }) => [
    ...[name, operator, algorithm, output],
    ...[parameters, macs].map(grouped),
    byteText(bytes),
  ]);
  console.log(
    `\n${table(['step', 'operator', 'algorithm', 'output', 'parameters', 'MACs', 'bytes'], rows, 3)}\n`,
  );
  const { parameters, macs, activationBytes, packedBytes } = totals;
  console.log(
    `${grouped(parameters)} parameters, ${grouped(macs)} multiply-accumulates in ${steps.length} steps`,
  );
  console.log(
    `${byteText(activationBytes)} of activations at most, ${byteText(packedBytes)} of packed weights`,
  );
}

/** The model's own text. A model of stages knows its shapes only once it ran. */
function summaryOf(model: AnyModel, shapes: Record<string, number[]>): string {
  try {
    return model.summary({ inputShapes: shapes });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    scope(() => void model.run(anyInputs(model, shapes)));
    return model.summary();
  }
}

const figure = (text = ''): number => Number(text.replaceAll(',', ''));

/** The rows of the text: below each head, to the next empty line. */
export function stepsOf(text: string): Step[] {
  return text.split('\n\n').flatMap((part) => {
    const [head = '', ...lines] = part.split('\n');
    if (!head.startsWith('name ')) return [];
    return lines.map((line) => {
      const cells = line.split(/ {2,}/);
      const [name = '', operator = '', algorithm = ''] = cells;
      const [parameters, macs, bytes] = cells.slice(-3).map(figure) as [number, number, number];
      return { name, operator, algorithm, output: cells.slice(3, -3).join(' '), parameters, macs, bytes };
    });
  });
}

/** Sums over the stages, of activations the largest: they share one arena. */
export function totalsOf(text: string): Totals {
  const all = (name: string) =>
    [...text.matchAll(new RegExp(`${name}: ([\\d,]+)`, 'g'))].map(([, digits]) => figure(digits));
  const sum = (name: string) => all(name).reduce((total, one) => total + one, 0);
  return {
    parameters: sum('parameters'),
    macs: sum('multiply-accumulates'),
    activationBytes: Math.max(0, ...all('planned peak of activations')),
    packedBytes: sum('packed weights'),
  };
}
