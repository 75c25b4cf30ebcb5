/** The command line as it is built, run in an empty folder unless another is named: what it prints, and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root } from '../package/installed.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const folder = mkdtempSync(join(tmpdir(), 'striate-cli-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Starts it. */
export function start(args: readonly string[], env: Record<string, string> = {}, cwd = folder): ChildProcess {
  const { COLUMNS: _, ...rest } = process.env;
  return spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    cwd,
    env: { ...rest, ...env },
  });
}

/** Runs it to its end; `input` is its standard input. */
export async function striate(
  args: readonly string[],
  { input, ...env }: (Record<string, string> & { input?: never }) | { input?: Uint8Array } = {},
  cwd = folder,
): Promise<Ended> {
  const child = start(args, env as Record<string, string>, cwd);
  child.stdin!.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  return { code: await ended, out, err };
}
