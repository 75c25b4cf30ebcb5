// Programs of a few lines in a temporary folder that stand for those which set-up looks for, and a Node that calls a
// function of scripts/lib with nothing else on PATH.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

/** An empty folder that is gone after the test. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'striate-scripts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function file(path: string, content = ''): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A program of the shell; it must not need PATH. */
export function program(path: string, ...lines: string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
}

interface Outcome {
  /** What the body returned. */
  value: unknown;
  /** The message of what it threw. */
  error: string | undefined;
  output: string;
}

/** Runs `body`, the text of an asynchronous function in which `lib` is the module scripts/lib/NAME.mjs. */
export function inNode(name: string, body: string, env: Record<string, string | undefined>): Outcome {
  const url = pathToFileURL(join('scripts/lib', `${name}.mjs`)).href;
  const program = `
    const lib = await import(${JSON.stringify(url)});
    const { Problem, run } = await import(${JSON.stringify(pathToFileURL('scripts/lib/report.mjs').href)});
    const result = await (async () => { ${body} })().then(
      (value) => ({ value }),
      (error) => { if (error instanceof Problem) return { error: error.message }; throw error; },
    );
    console.log('\\nresult ' + JSON.stringify(result));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: env as NodeJS.ProcessEnv,
  });
  const [output = '', result] = stdout.split('\nresult ');
  if (result === undefined) throw new Error(stderr);
  const { value, error } = JSON.parse(result) as { value?: unknown; error?: string };
  return { value, error, output };
}
