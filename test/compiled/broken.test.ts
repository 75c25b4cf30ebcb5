/** Compiled files that are damaged, cut, of another version, or written by somebody else: a ModelError each, and nothing is kept. */
import { deflateRawSync } from 'node:zlib';
import {
  Conv2d,
  compile,
  loadCompiled,
  ModelError,
  memory,
  randn,
  Sequential,
  scope,
  type Tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { checksum, packed, unpacked } from '../../ts/transforms/compiled/container.ts';
import { Choices } from '../support/random.ts';
import { inEachVariant } from '../support/runtime.ts';

/** A file of a small program, and what it holds. */
function made() {
  const layers = new Sequential(new Conv2d(2, 8, 3, { seed: 1 }), new Conv2d(8, 4, 1, { seed: 2 }));
  const program = compile(layers, { inputs: [[1, 2, 6, 6]] });
  const bytes = program.save({ weights: 'float16' });
  for (const one of [layers, program]) one.dispose();
  return bytes;
}

/** A constant that is one number, of more elements than one may have. */
const SAME = { shape: [2 ** 24 + 1], dtype: 'float32', stored: 'same' };

const messageOf = (bytes: Uint8Array): Promise<string> =>
  loadCompiled(bytes).then(
    (one) => {
      one.dispose();
      return 'loaded';
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(ModelError);
      return (error as Error).message;
    },
  );

/** A part of a header: a list, or an object, by index or name. */
type Part = Record<string | number, unknown>;

/** The file with another value at a path of its header (`programs.0.form`), and checksums that fit. */
function withValue(bytes: Uint8Array, path: string, value: unknown): Uint8Array {
  const { header, data } = unpacked(bytes, 'file');
  const changed = structuredClone(header) as Part;
  const keys = path.split('.');
  const last = keys.pop() as string;
  let part = changed;
  for (const key of keys) part = part[key] as Part;
  part[last] = value;
  return packed(changed, data);
}

test('MurmurHash3 of the empty text and of known ones', () => {
  const of = (text: string) => checksum(new TextEncoder().encode(text));
  // Values of the reference implementation with seed 0.
  expect(['', 'a', 'abcd', 'hello', 'hello, world'].map(of)).toEqual([
    0, 0x3c2569b2, 0x43ed676a, 0x248bfa47, 0x149bbb7f,
  ]);
});

inEachVariant('broken files', () => {
  test('any byte that is changed, and any cut, is found', async () => {
    const bytes = made();
    const random = new Choices(1);
    const used = new Uint8Array(bytes.length);
    used.fill(1, 0, 28 + new DataView(bytes.buffer).getUint32(8, true));
    used.fill(1, unpacked(bytes, 'file').data.byteOffset);
    for (let i = 0; i < 300; i++) {
      const copy = bytes.slice();
      const at = random.integer(0, bytes.length - 1);
      copy[at] = (copy[at] as number) ^ (1 << random.integer(0, 7));
      // Between header and data lie zeros that nobody reads.
      expect((await messageOf(copy)) === 'loaded').toBe(used[at] === 0);
      const cut = random.integer(0, bytes.length - 1);
      expect(await messageOf(bytes.slice(0, cut))).not.toBe('loaded');
    }
    expect(await messageOf(bytes)).toBe('loaded');
  });

  test('other files say what they are', async () => {
    expect(await messageOf(new Uint8Array(0))).toBe(
      'model: it is no compiled model: save writes those, loadModel reads ONNX',
    );
    expect(await messageOf(new Uint8Array(100))).toBe(
      'model: it is no compiled model: save writes those, loadModel reads ONNX',
    );
    const other = withValue(made(), 'striate', '0.0.1');
    expect(await messageOf(other)).toMatch(/^model: it is of striate 0\.0\.1, must be of .*: save it anew$/);
    const text = new TextEncoder().encode('{}');
    /** `whole`: what its text is said to have. */
    const bare = (header: Uint8Array, whole = header.length) => {
      const bytes = new Uint8Array(64 * Math.ceil((28 + header.length) / 64));
      bytes.set(made().subarray(0, 8));
      new Uint32Array(bytes.buffer, 8, 3).set([header.length, checksum(header), whole]);
      bytes.set(header, 28);
      return bytes;
    };
    expect(await messageOf(bare(text))).toMatch(/^model: its header\.striate is undefined, must be a text$/);
    expect(await messageOf(bare(text.subarray(1)))).toBe('model: its header is no JSON');
    // No deflated text, and one that would be a thousand times as long.
    expect(await messageOf(bare(text, 3))).toBe('model: its header is no JSON');
    expect(await messageOf(bare(deflateRawSync(new Uint8Array(30_000)), 30_000))).toBe(
      'model: its header is no JSON',
    );
    expect(await messageOf(bare(new TextEncoder().encode('[]')))).toBe('model: its header is no object');
    const damaged = made();
    damaged[damaged.length - 1]! ^= 1;
    expect(await messageOf(damaged)).toBe('model: its data are damaged');
    damaged[30]! ^= 1;
    expect(await messageOf(damaged)).toBe('model: its header is damaged');
    await expect(loadCompiled(3 as never)).rejects.toThrow(
      new TypeError(
        'loadCompiled: source is 3, must be a Uint8Array, ArrayBuffer, Blob, File, URL, Response or path',
      ),
    );
    await expect(loadCompiled('no/such.striate')).rejects.toThrow(
      /^loadCompiled: source 'no\/such\.striate' cannot be read/,
    );
  });

  test.each([
    ['kind', 'x', /header\.kind is 'x', must be 'model' or 'program'/],
    ['programs', [], /header\.programs is .*, must be at least one/],
    ['weights', {}, /header\.weights is .*, must be a list/],
    ['programs.0', 3, /programs\[0\] is 3, must be an object/],
    ['weights.0.dtype', 'float64', /weights\[0\]\.dtype is 'float64', must be float32/],
    ['weights.0.shape', [1e6, 1e6], /shape is .*, must be of fewer than 2\^31 elements/],
    ['weights.0.shape', [1e6], /shape is \[1000000\], must be of at most \d+ bytes/],
    ['weights.0.stored', 'int4', /stored is 'int4', must be plain, same, float16 or int8/],
    ['weights.0.dtype', 'int32', /stored is 'float16', must be plain or same, of int32/],
    ['weights.0', SAME, /stored is 'same', must be plain, of more than 16777216 elements/],
    ['programs.0.bindings.0.index', 7, /index is 7, must be an integer from 0 to 0/],
    ['programs.0.bindings.0.kind', 'record', /must be input, output, made or slot/],
    ['programs.0.pieces', [], /pieces is .*, must be such that they end at/],
    ['programs.0.pieces.0.makes', [1], /makes\[0\] is 1, must be the base of what is made/],
    [
      'programs.0.pieces.0.brings.0.runs',
      { first: 4, bytes: 4, stride: 100, count: 9 },
      /runs is .*, must be runs of whole elements among \d+ bytes/,
    ],
    [
      'programs.0.pieces.0.brings.0.runs',
      { first: 1, bytes: 4, stride: 4, count: 1 },
      /runs is .*, must be runs of whole elements among \d+ bytes/,
    ],
    ['programs.0.form', [], /form is .*, must be a form of 1 results/],
    ['programs.0.form', [0, 0], /must be left out: there are no more results/],
    ['programs.0.main.rows', [], /rows is .*, must be a list of \d+/],
    ['programs.0.main.words', [2], /words is .*, must be a list of instructions over \d+ bases/],
    ['programs.0.rows.0.fixed', 1, /fixed is 1, must be true or false/],
    ['programs.0.draws', [[]], /must be an integer from 16 to 16|must be a seed and a stream/],
    ['inputs.0.name', 1, /name is 1, must be a text/],
    ['inputs', [], /inputs is .*, must be of the file's inputs/],
  ] as const)('a header with another %s: %j', async (path, value, sentence) => {
    expect(await messageOf(withValue(made(), path, value))).toMatch(sentence);
  });

  test('words that are no instructions', async () => {
    const bytes = made();
    const random = new Choices(2);
    const outcomes = new Set<string>();
    for (let i = 0; i < 200; i++) {
      // The opcode or the number of operands of the first step.
      const word = `programs.0.main.words.${2 + random.integer(0, 1)}`;
      outcomes.add(await messageOf(withValue(bytes, word, random.integer(200, 2 ** 31))));
    }
    expect(outcomes).not.toContain('loaded');
  });

  test.each([
    ['main.arenaBytes', 0, /^model: step \d+ of its main reaches beyond its memory$/],
    [
      'pieces.0.arenaBytes',
      0,
      /^model: (step \d+ of its prologue reaches beyond its memory|what is brought in .* does not fit there)$/,
    ],
    [
      'pieces.0.brings.0.offset',
      1e9,
      /^model: what is brought in for step 0 of its prologue does not fit there$/,
    ],
    ['bindings.0', { kind: 'output', index: 0 }, /^model: step \d+ of its main reaches beyond its memory$/],
    ['inputs.0.shape', [1, 2, 6, 5], /^model: step 0 of its main reaches beyond its memory$/],
    ['outputs.0.shape', [1, 4, 4, 3], /^model: step \d+ of its main reaches beyond its memory$/],
  ] as const)('memory that is not its own: %s %j', async (path, value, sentence) => {
    expect(await messageOf(withValue(made(), `programs.0.${path}`, value))).toMatch(sentence);
  });

  test('what is made under one key by two programs has one size', async () => {
    const bytes = made();
    const [first] = unpacked(bytes, 'file').header.programs as [{ bindings: Part[] }];
    const bindings = first.bindings.map((one) => (one.kind === 'made' ? { ...one, bytes: 4 } : one));
    expect(await messageOf(withValue(bytes, 'programs', [first, { ...first, bindings }]))).toMatch(
      /^model: its header\.programs\[1\]\.bindings is .*, must be such that '.*' has one size$/,
    );
  });

  test('nothing is kept of any of them', async () => {
    const before = memory.stats().cacheBytes;
    const bytes = made();
    const [first] = unpacked(bytes, 'file').header.programs as [Part];
    expect(await messageOf(withValue(bytes, 'programs', [first, { ...first, outputs: 3 }]))).toMatch(
      'outputs is 3',
    );
    const loaded = await loadCompiled<Tensor>(bytes);
    scope(() => expect(loaded.run(randn([1, 2, 6, 6])).shape).toEqual([1, 4, 4, 4]));
    loaded.dispose();
    expect(memory.stats().cacheBytes).toBeLessThanOrEqual(before + 65536);
  });
});
