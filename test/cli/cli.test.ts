/** The commands, as users start them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { init, scope, tensor } from 'striate';
import { readNpy, readNpz, writeNpy, writeNpz } from 'striate/files';
import { beforeAll, describe, expect, test } from 'vitest';
import { adder } from '../onnx/adder.ts';
import { message, model } from '../onnx/encode.ts';
import { buildDist } from '../package/installed.ts';
import { folder, start, striate } from './command.ts';

/** A model whose output is its input, with names of classes in its file. */
const scores = Uint8Array.of(
  ...model({ nodes: [{ op: 'Identity', in: ['x'], out: ['y'] }], inputs: { x: [['batch', 3]] } }),
  ...message([
    [
      14,
      message([
        [1, 'names'],
        [2, "{0: 'cat', 1: 'it\\'s a dog', 2: \"cow\"}"],
      ]),
    ],
  ]),
);
const unknown = model({
  nodes: [
    { op: 'Frobnicate', in: ['x'], out: ['a'] },
    { op: 'Transmogrify', in: ['a'], out: ['y'] },
  ],
  inputs: { x: [[1, 3]] },
});
const write = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);
const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

beforeAll(async () => {
  await buildDist();
  await init();
  write('adder.onnx', adder);
  write('scores.onnx', scores);
  write('unknown.onnx', unknown);
  scope(() => {
    write(
      'x.npy',
      writeNpy(
        tensor([
          [1, 5],
          [-9, 3],
        ]),
      ),
    );
    write('one.npy', writeNpy(tensor([[1, 4, 2]])));
    write('inputs.npz', writeNpz({ x: tensor([[1, 4, 2]]), other: tensor([1]) }));
    write('named.npz', writeNpz({ x: tensor([[0.25, 0.25, 0.5]]) }));
  });
}, 300_000);

describe('compile', () => {
  test('a file that run, summary and bench take; what it costs and changes', async () => {
    const compiled = await striate(['compile', 'scores.onnx', '--output', 'scores.striate', '--runs', '1']);
    expect({ code: compiled.code, err: compiled.err }).toEqual({ code: 0, err: '' });
    const same = compiled.out.replaceAll(/[\d.]+ (ms|kB|B)/g, 'N $1').replaceAll(/ +/g, ' ');
    expect(same).toBe(`written: scores.striate, weights float32, for x 1x3

file bytes first run run
scores.onnx N B N ms N ms
scores.striate N B N ms N ms

largest difference on random values: 0.0 of the output's largest value
`);
    const run = await striate(['run', 'scores.striate', '--input', 'one.npy', '--top', '1', '--json']);
    expect(run.code).toBe(0);
    expect(run.out).toContain("it's a dog");
    const summary = await striate(['summary', 'scores.striate']);
    expect(summary.out).toMatch(/^scores\.striate\n {2}takes x: float32 \[batch, 3\]/);
    const bench = await striate(['bench', 'scores.striate', 'scores.onnx', '--runs', '2', '--json']);
    expect({ code: bench.code, err: bench.err }).toEqual({ code: 0, err: '' });
  });

  test('wrong use and wrong files', async () => {
    write('broken.striate', read('scores.striate').slice(0, 200));
    const all = await Promise.all([
      striate(['compile', 'scores.onnx', '--output', 'scores.bin']),
      striate(['compile', 'scores.onnx', '--output', 'a.striate', '--weights', 'int4']),
      striate(['run', 'broken.striate', '--input', 'one.npy']),
      striate(['run', 'scores.striate', '--input', 'x=x.npy']),
    ]);
    expect(all.map(({ code, err }) => `${code} ${err.trim()}`)).toEqual([
      "2 striate: --output is 'scores.bin', must end with .striate",
      "2 striate: --weights is 'int4', must be float32 or float16 or int8",
      expect.stringMatching(/^1 striate: broken\.striate: it has 200 bytes, must have \d+$/),
      expect.stringMatching(/^1 striate: /),
    ]);
  });
});

describe('run', () => {
  test('the best of a row of scores, with the names that the model has', async () => {
    const { code, out, err } = await striate(['run', 'scores.onnx', '--input', 'one.npy', '--top', '2']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.replaceAll(/[\d.]+ ms/g, 'TIME')).toBe(`one.npy  TIME
  y: the probabilities are the softmax of the scores
  label                             probability  class
  it's a dog  ████████████████▉          0.8438      1
  cow         ██▎                        0.1142      2
`);
  });

  test('probabilities as they are, and labels of a file', async () => {
    writeFileSync(join(folder, 'labels.txt'), 'one\ntwo\nthree\n');
    const { out } = await striate([
      'run',
      'scores.onnx',
      '--input',
      'x=named.npz',
      '--labels',
      'labels.txt',
      '--json',
    ]);
    const { results, runtime, model } = JSON.parse(out);
    expect(model).toBe('scores.onnx');
    expect(runtime).toMatchObject({ threads: 1 });
    expect(results[0].outputs.y).toEqual({
      dtype: 'float32',
      shape: [1, 3],
      probabilities: 'as they are',
      top: [
        { index: 2, label: 'three', probability: 0.5 },
        { index: 0, label: 'one', probability: 0.25 },
        { index: 1, label: 'two', probability: 0.25 },
      ],
    });
  });

  test('statistics of anything else, other values of the graph, and files of the results', async () => {
    const common = ['run', 'adder.onnx', '--input', 'x=x.npy'];
    const { code, out } = await striate([...common, '--outputs', 'a', '--output', 'a.npz'], {
      COLUMNS: '80',
    });
    expect(code).toBe(0);
    expect(out.split('\n').slice(1)).toEqual([
      '  output  dtype    shape     min    mean   max  NaN, inf',
      '  a       float32  [2, 2]  -8.00  -0.500  3.00         -',
      'written: a.npz',
      '',
    ]);
    await striate([...common, '--output', 'y.npy', '--json']);
    await striate([...common, '--output', 'y.json']);
    scope(() => {
      expect(readNpz(read('a.npz')).a!.toArray()).toEqual([
        [2, 3],
        [-8, 1],
      ]);
      expect(readNpy(read('y.npy')).toArray()).toEqual([
        [2, 3],
        [0, 1],
      ]);
    });
    expect(JSON.parse(Buffer.from(read('y.json')).toString()).tensors).toEqual({
      y: { dtype: 'float32', shape: [2, 2], data: [2, 3, 0, 1] },
    });
  });

  test('a model behind a URL', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/scores.onnx' ? 200 : 404;
      response.end(scores);
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const url = `http://localhost:${(server.address() as AddressInfo).port}`;
    expect((await striate(['run', `${url}/scores.onnx`, '--input', 'one.npy', '--json'])).code).toBe(0);
    expect((await striate(['run', `${url}/none.onnx`, '--input', 'one.npy'])).err).toMatch(
      /^striate: .*status 404/,
    );
    server.close();
  });
});

describe('summary', () => {
  test('steps and totals', async () => {
    const { code, out, err } = await striate(['summary', 'adder.onnx', '--shape', 'x=4x2']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`adder.onnx
  takes x: float32 [batch, 2]
  gives y: float32 [...]

step  operator  algorithm  output  parameters  MACs  bytes
sum   add       -          4x2              2     0   32 B
y     relu      -          4x2              0     0   32 B

2 parameters, 0 multiply-accumulates in 2 steps
64 B of activations at most, 8 B of packed weights
`);
  });

  test('JSON alone on standard output', async () => {
    const { out } = await striate(['summary', 'adder.onnx', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }],
      steps: [{ name: 'sum', output: '1x2', parameters: 2, macs: 0, bytes: 8 }, { name: 'y' }],
      totals: { parameters: 2, macs: 0 },
    });
  });

  test('all operators that are not supported at once, and what to do', async () => {
    const { code, out, err } = await striate(['summary', 'unknown.onnx']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^striate: unknown\.onnx: 2 operators are not supported: .*Frobnicate.*Transmogrify.*: what helps is [^\n]*\n$/,
    );
  });
});

describe('bench', () => {
  test('models in turns, and the longest steps', async () => {
    const { code, out } = await striate([
      'bench',
      'adder.onnx',
      'scores.onnx',
      '--runs',
      '5',
      '--steps',
      '3',
    ]);
    expect(code).toBe(0);
    const [head, first, second, , title, steps, sum] = out.split('\n');
    expect(head).toMatch(/^model +variant +threads +median +quartiles +fastest +runs +time$/);
    expect(first).toMatch(/^adder\.onnx +(simd|relaxed) +1 +[\d.]+ ms +[\d.]+ - [\d.]+ +[\d.]+ +5 +1\.00 x$/);
    expect(second).toMatch(/^scores\.onnx .* 5 +[\d.]+ x$/);
    expect(title).toMatch(/^steps of adder\.onnx, the longest first: [\d.]+ ms$/);
    expect(steps).toMatch(/^step +operator +algorithm +ms +share +GFLOP\/s$/);
    expect(sum).toMatch(/^\w+ +\w+ +- +█+ +[\d.]+ +[\d.]+ % +-$/);
  });

  test('variants in turns, as JSON', async () => {
    const { out } = await striate(['bench', 'adder.onnx', '--variant', 'simd,simd', '--runs', '6', '--json']);
    const { runs } = JSON.parse(out);
    expect(runs.map(({ runs }: { runs: number }) => runs)).toEqual([6, 6]);
    expect(runs[0]).toMatchObject({ model: 'adder.onnx', variant: 'simd', threads: 1 });
    expect(runs[0].profile[0]).toMatchObject({ name: 'sum', operator: 'add' });
    expect(runs[0].min <= runs[0].median && runs[0].median <= runs[0].upperQuartile).toBe(true);
  });
});

describe('called wrongly: one line on standard error, and exit code 2', () => {
  test.each([
    ['another command', ['sumary'], "striate: unknown command 'sumary' (Did you mean summary?)"],
    ['another option', ['run', 'a.onnx', '--foo'], "striate: unknown option '--foo'"],
    ['no model', ['run'], "striate: missing required argument 'model'"],
    ['a model that is not there', ['summary', 'none.onnx'], "striate: there is no model 'none.onnx'"],
    ['a folder', ['summary', '.'], "striate: '.' is a folder, must be a model"],
    [
      'nothing to run on',
      ['run', 'adder.onnx'],
      'striate: there is nothing to run on: give --image FILE, or --input NAME=FILE.npy',
    ],
    [
      'another input',
      ['run', 'adder.onnx', '--input', 'z=x.npy'],
      "striate: --input: there is no input 'z'; inputs are 'x'",
    ],
    [
      'a file that is not there',
      ['run', 'adder.onnx', '--input', 'none.npy'],
      "striate: --input: the file 'none.npy' cannot be read",
    ],
    [
      'another array',
      ['run', 'adder.onnx', '--input', 'x=outputs.npz'],
      "striate: --input: the file 'outputs.npz' cannot be read",
    ],
    [
      'another ending',
      ['run', 'adder.onnx', '--input', 'x.npy', '--output', 'a.txt'],
      "striate: --output is 'a.txt', must end with .npz, .npy, .json or .png",
    ],
    [
      'no folder',
      ['run', 'adder.onnx', '--input', 'x.npy', '--output', 'none/a.npz'],
      "striate: --output: there is no folder 'none'",
    ],
    [
      'no number',
      ['run', 'adder.onnx', '--input', 'x.npy', '--top', 'five'],
      "striate: --top is 'five', must be an integer, at least 1",
    ],
    [
      'no labels',
      ['run', 'adder.onnx', '--input', 'x.npy', '--labels', 'none'],
      "striate: --labels: the file 'none' cannot be read",
    ],
    [
      'no shape',
      ['summary', 'adder.onnx', '--shape', 'x=2xa'],
      "striate: --shape is '2xa', must be sizes such as 1x3x224x224",
    ],
    [
      'another variant',
      ['summary', 'adder.onnx', '--variant', 'fast'],
      "striate: --variant is 'fast', must be simd or relaxed",
    ],
    [
      'no threads',
      ['summary', 'adder.onnx', '--threads', '0'],
      "striate: --threads is '0', must be an integer, at least 1",
    ],
  ])('%s', async (_, args, line) => {
    expect(await striate(args)).toEqual({ code: 2, out: '', err: `${line}\n` });
  });

  test('nothing at all: help', async () => {
    const { code, out, err } = await striate([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Usage: striate /);
  });
});

describe('it went wrong: one line on standard error, and exit code 1', () => {
  test.each([
    ['no model at all', ['summary', 'x.npy'], /^striate: x\.npy: .*\n$/],
    [
      'an array of another shape',
      ['run', 'scores.onnx', '--input', 'x.npy'],
      /^striate: Model\.run: input 'x' has shape 2x2, must be \[batch, 3\]\n$/,
    ],
    [
      'a damaged array',
      ['run', 'scores.onnx', '--input', 'adder.onnx'],
      /^striate: readNpy: bytes is no \.npy file.*\n$/,
    ],
    [
      'an output that there is not',
      ['run', 'adder.onnx', '--input', 'x.npy', '--outputs', 'b'],
      /^striate: Model\.run: .*'b'.*\n$/,
    ],
  ])('%s', async (_, args, line) => {
    const { code, out, err } = await striate(args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(line);
  });
});

test('--help of each command, and --version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await striate(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  for (const command of ['run', 'summary', 'bench', 'see']) {
    const { code, out, err } = await striate([command, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const option of ['--json', '--variant', '--threads']) expect(out).toContain(option);
  }
});

test('what is no terminal gets no colours and no progress, and any width', async () => {
  const { out, err } = await striate(['bench', 'adder.onnx', 'scores.onnx', '--runs', '3'], { CI: 'true' });
  expect(err).toBe('');
  expect(out).not.toContain('\x1b');
  const narrow = await striate(['summary', 'adder.onnx'], { COLUMNS: '58' });
  for (const line of narrow.out.split('\n').slice(3, 6)) expect(line.length).toBeLessThanOrEqual(58);
});

test('Ctrl-C ends it at once and leaves nothing behind', async () => {
  const before = readdirSync(folder);
  const child = start(['bench', 'adder.onnx', '--runs', '1000000']);
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(readdirSync(folder)).toEqual(before);
  expect(existsSync(join(folder, '.a.npz'))).toBe(false);
}, 30_000);
