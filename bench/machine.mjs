// What the measuring scripts share: a Node with relaxed SIMD, the machine's name, medians, tables.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { recentNode } from '../scripts/lib/node24.mjs';

/** Runs the calling script again under a Node that has relaxed SIMD; true when that was done and nothing is left. */
export async function ranAgainWithRelaxedSimd() {
  const node = await recentNode();
  if (node === process.execPath) return false;
  process.exitCode = spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1;
  return true;
}

export function describeMachine() {
  return `${cpus()[0]?.model.trim() ?? process.arch}, Node ${process.versions.node}, one thread`;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A Markdown table; the first column to the left, numbers to the right. */
export function printTable(header, rows) {
  const lines = [header, header.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  const widths = header.map((_, i) => Math.max(...lines.map((line) => String(line[i]).length)));
  for (const line of lines) {
    const cells = line.map((cell, i) => {
      return i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]);
    });
    console.log(`| ${cells.join(' | ')} |`);
  }
}
