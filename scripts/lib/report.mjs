// Shows what a script does: one line per step with its duration, a live line while a command works, and the
// command's output only when it fails.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

const live = process.stderr.isTTY && !process.env.CI;
const quietSeconds = 20; // without a terminal, how often a long command says that it is still at work

/** A failure that the user can do something about: printed as a sentence, without a stack. */
export class Problem extends Error {}

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs `work` and prints `title` with the time it took; what `work` returns as a string is printed beside it. */
export async function step(title, work) {
  const start = performance.now();
  console.log(`- ${title} ...`);
  const note = await work();
  console.log(`  ${typeof note === 'string' ? note : 'done'}, ${seconds(start)}`);
}

const lastLine = (text) =>
  text
    .trimEnd()
    .split(/[\r\n]/)
    .at(-1)
    ?.trim() ?? '';

/** Runs a command and returns what it printed. `pass` shows the output as it comes instead of only on failure. */
export function run(command, args, { env, cwd = root, pass = false, allowFailure = false } = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && !command.endsWith('.exe'),
    });
    let output = '';
    let stdout = '';
    let told = start;
    const take = (chunk, stream) => {
      output += chunk;
      if (stream === process.stdout) stdout += chunk;
      if (pass) stream.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk) => take(chunk, process.stdout));
    child.stderr.setEncoding('utf8').on('data', (chunk) => take(chunk, process.stderr));
    const timer = setInterval(() => {
      if (pass) return;
      const line = `  ${seconds(start)} ${lastLine(output)}`.slice(0, (process.stderr.columns ?? 110) - 1);
      if (live) process.stderr.write(`\r\x1b[K${line}`);
      else if (performance.now() - told > quietSeconds * 1000) {
        told = performance.now();
        console.log(line);
      }
    }, 500);
    const settle = () => {
      clearInterval(timer);
      if (live && !pass) process.stderr.write('\r\x1b[K');
    };
    child.on('error', (error) => {
      settle();
      reject(new Problem(`cannot run ${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      settle();
      if (code === 0 || allowFailure) return resolve({ code: code ?? 1, stdout, output });
      const shown = pass ? '' : `${output.trimEnd().split('\n').slice(-80).join('\n')}\n`;
      reject(
        new Problem(`${shown}\`${[command, ...args].join(' ')}\` failed (${signal ?? `exit code ${code}`})`),
      );
    });
  });
}

/** Runs a script's main function; a Problem is printed as it is, any other error with its stack. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Problem ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
