/** What a program is made of, as text, and where its time goes, as rows. */
import { shapeText } from '../errors.ts';
import { ALGORITHMS } from '../graph/absorb.ts';
import type { Node, Value } from '../graph/graph.ts';
import { typeBytes } from './eager.ts';
import type { Code, Instructions } from './instructions.ts';

/** One node's share of a run. */
export interface StepProfile {
  /** The path of its module, or the operator's name where there is none. */
  readonly name: string;
  /** The operator, with what was fused into it. */
  readonly operator: string;
  readonly algorithm: string;
  readonly milliseconds: number;
  /** 2 x multiply-accumulates per nanosecond. */
  readonly gflops: number;
}

/** The operator and what was fused into it: `conv2d + batchNorm + add + relu`. */
function operatorText({ entry, fused }: Node): string {
  const parts = [entry.name];
  if (fused.affine) parts.push(fused.affine.entry.name);
  if (fused.residual) parts.push('add');
  if (fused.activation) parts.push(fused.activation.entry.name);
  return parts.join(' + ');
}

function macsOf({ entry, inputs, outputs }: Node): number {
  return entry.cost?.(inputs, outputs).macs ?? 0;
}

/** Elements of the constants that a node reads, those of its fused parts included. */
function parametersOf(node: Node, counted: Set<Value>): number {
  let total = 0;
  const { affine, activation } = node.fused;
  for (const part of [node, affine, activation]) {
    for (const input of part?.inputs ?? []) {
      if (input === null || input.tensor === null || counted.has(input)) continue;
      counted.add(input);
      total += input.tensor.size;
    }
  }
  return total;
}

function algorithmOf(code: Code, node: number): string {
  for (let step = 0; step < code.nodes.length; step++) {
    const algorithm = code.algorithms[step] as number;
    if (code.nodes[step] === node && algorithm > 0) return ALGORITHMS[algorithm] ?? `${algorithm}`;
  }
  return '';
}

/** Median milliseconds of each node; the instructions' bases are bound. */
export function profileSteps(
  where: string,
  nodes: readonly Node[],
  instructions: Instructions,
  runs: number,
): StepProfile[] {
  const { code } = instructions;
  const times = nodes.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    const sums = new Array<number>(nodes.length).fill(0);
    code.nodes.forEach((node, step) => {
      const start = performance.now();
      instructions.runStep(where, step);
      sums[node] = (sums[node] as number) + performance.now() - start;
    });
    for (const [node, sum] of sums.entries()) times[node]?.push(sum);
  }
  return nodes.map((node, index) => {
    const sorted = (times[index] as number[]).sort((a, b) => a - b);
    const milliseconds = sorted[sorted.length >> 1] as number;
    const gflops = milliseconds > 0 ? (2 * macsOf(node)) / (milliseconds * 1e6) : 0;
    const algorithm = algorithmOf(code, index);
    return {
      name: node.path || node.entry.name,
      operator: operatorText(node),
      algorithm,
      milliseconds,
      gflops,
    };
  });
}

/** A row per node, totals, and the planned memory. */
export function summaryText(
  nodes: readonly Node[],
  code: Code,
  memory: { arena: number; weights: number },
): string {
  const counted = new Set<Value>();
  const rows = nodes.map((node, index) => {
    const [parameters, macs] = [parametersOf(node, counted), macsOf(node)];
    const bytes = node.outputs.reduce((sum, type) => sum + typeBytes(type), 0);
    return {
      cells: [
        node.path || '-',
        operatorText(node),
        algorithmOf(code, index) || '-',
        node.outputs.map(({ shape }) => shapeText(shape)).join(' '),
        parameters.toLocaleString('en'),
        macs.toLocaleString('en'),
        bytes.toLocaleString('en'),
      ],
      parameters,
      macs,
    };
  });
  const total = (of: 'parameters' | 'macs') =>
    rows.reduce((sum, row) => sum + row[of], 0).toLocaleString('en');
  const head = ['name', 'operator', 'algorithm', 'output', 'parameters', 'macs', 'bytes'];
  return [
    ...table([head, ...rows.map((row) => row.cells)]),
    '',
    `parameters: ${total('parameters')}   multiply-accumulates: ${total('macs')}`,
    `planned peak of activations: ${memory.arena.toLocaleString('en')} bytes   packed weights: ${memory.weights.toLocaleString('en')} bytes`,
  ].join('\n');
}

/** Rows in columns: text to the left, figures (the last three) to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] as readonly string[]).map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < row.length - 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
