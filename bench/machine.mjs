// What the measuring scripts share: a Node with relaxed SIMD, the machine's name, medians, tables.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Problem, root } from '../scripts/lib/report.mjs';

const NODE = '24.21.0';

/** (module (func (param v128) (result v128) local.get 0 local.get 0 local.get 0 f32x4.relaxed_madd)) */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0],
  ...[10, 14, 1, 12, 0, 32, 0, 32, 0, 32, 0, 253, 133, 2, 11],
);

/**
 * Path of a Node that has relaxed SIMD: this one, else Node 24 from npm, kept in .cache. It is no dependency in
 * package.json: npm would put its `node` before the user's in every script of the package.
 */
export function nodeWithRelaxedSimd() {
  if (WebAssembly.validate(RELAXED)) return process.execPath;
  const folder = join(root, '.cache', `node-${NODE}`);
  const binary = join(folder, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  console.log(
    `- Node ${NODE} from npm into .cache, because Node ${process.versions.node} lacks relaxed SIMD ...`,
  );
  mkdirSync(folder, { recursive: true });
  // Its binary is put in place by an install script, which this repository's .npmrc turns off.
  const args = ['install', `node@${NODE}`, '--prefix', folder, '--ignore-scripts=false', '--no-save'];
  const shell = process.platform === 'win32';
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', shell });
  if (status !== 0 || !existsSync(binary)) throw new Problem(`npm could not install node@${NODE}: ${stderr}`);
  return binary;
}

/** Runs the calling script again under such a Node; true when that was done and nothing is left to do. */
export function ranAgainWithRelaxedSimd() {
  const node = nodeWithRelaxedSimd();
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
