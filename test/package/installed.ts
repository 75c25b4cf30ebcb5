/** The package as its users get it: packed by npm and installed from the tarball into an empty folder. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const here = fileURLToPath(new URL('./', import.meta.url));

/** The kernels' bytes as text. */
export const EMBEDDED = /["'`][A-Za-z0-9+/=]{2000,}/;

const execute = promisify(execFile);

/** What a command printed on standard output; an error holds all that it printed. */
export async function output(
  command: string,
  args: readonly string[],
  cwd = root,
  variables: Record<string, string> = {},
): Promise<string> {
  // The settings of the npm that runs the tests are not those of a user's shell.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!execpath)/i.test(name)),
  );
  try {
    const { stdout } = await execute(command, args, {
      cwd,
      env: { ...env, ...variables },
      timeout: 300_000,
      maxBuffer: 2 ** 26,
    });
    return stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`);
  }
}

/** Started by npm, this is the same npm; otherwise the one on the PATH. */
function npm(args: readonly string[], cwd: string): Promise<string> {
  const own = process.env.npm_execpath;
  return own?.endsWith('.js') ? output(process.execPath, [own, ...args], cwd) : output('npm', args, cwd);
}

export interface Installed {
  /** The folder of the application. */
  readonly folder: string;
  /** The package's folder inside it. */
  readonly striate: string;
  readonly tarballBytes: number;
  /** What `npm pack` printed. */
  readonly packed: string;
}

export async function install(): Promise<Installed> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'striate-package-'));
  const packed = await npm(['pack', '--loglevel=notice', '--pack-destination', folder], root);
  const tarball = fs.readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  await npm(['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`], folder);
  return {
    folder,
    striate: path.join(folder, 'node_modules/striate'),
    tarballBytes: fs.statSync(path.join(folder, tarball)).size,
    packed,
  };
}

/** Brings dist/ up to date: under a second when it is. */
export const buildDist = (): Promise<string> => output(process.execPath, ['scripts/build.mjs', '--dist']);

/** The files under `folder`, by paths from there with slashes. */
export function filesUnder(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}
