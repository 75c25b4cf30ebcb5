import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { embedded } from '../../ts/engine/embedded.ts';
import { type KernelSource, loadFrom, type Platform, type Variant } from '../../ts/engine/instance.ts';

const variants: Variant[] = ['simd', 'relaxed'];
const maxMemoryBytes = 2 ** 26;
const load = (wasm: unknown, variant?: Variant) =>
  loadFrom(embedded, { wasm: wasm as KernelSource, variant, maxMemoryBytes });
const fileOf = (variant: Variant) => new URL(`../../build/${variant}.wasm`, import.meta.url);

describe.each(variants)('%s', (variant) => {
  it('the embedded bytes are a core that exports what the file does, and what side modules need', async () => {
    const core = new WebAssembly.Module((await embedded[variant]!()) as BufferSource);
    const whole = new WebAssembly.Module(readFileSync(fileOf(variant)));
    const names = (module: WebAssembly.Module) => WebAssembly.Module.exports(module).map(({ name }) => name);
    const own = new Set(names(whole));
    expect(names(core)).toEqual(expect.arrayContaining([...own]));
    const others = names(core).filter((name) => !own.has(name));
    expect(others.length).toBeGreaterThan(10);
    expect(others.filter((name) => !/^(table|f\d+|g\d+)$/.test(name))).toEqual([]);
    expect(WebAssembly.Module.customSections(core, 'striate')).toEqual(
      WebAssembly.Module.customSections(whole, 'striate'),
    );
  });
  it('two instances at once share nothing', async () => {
    const [a, b] = [await loadFrom(embedded, { variant, maxMemoryBytes }), await load(undefined, variant)];
    expect([a.variant, b.variant]).toEqual([variant, variant]);
    const address = a.exports.alloc(64);
    expect(b.exports.alloc(64)).toBe(address);
    new Uint8Array(a.memory.buffer, address, 64).fill(7);
    expect(new Uint8Array(b.memory.buffer, address, 64)).toEqual(new Uint8Array(64));
  });
  it('from a file of the user: path, URL of a file and of none, bytes, module, response', async () => {
    const bytes = readFileSync(fileOf(variant));
    const sources = [
      fileOf(variant).pathname,
      fileOf(variant),
      fileOf(variant).href,
      `data:application/wasm;base64,${bytes.toString('base64')}`,
      bytes,
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      new WebAssembly.Module(bytes),
      new Response(bytes),
    ];
    for (const source of sources) expect((await load(source)).variant).toBe(variant);
  });
});

describe('what cannot be loaded is named', () => {
  const empty = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);
  it.each<[string, unknown, string]>([
    ['a number', 5, 'init: wasm is 5, must be a URL, a string, a Response, bytes or a WebAssembly.Module'],
    ['null', null, 'init: wasm is null, must be a URL, a string, a Response, bytes or a WebAssembly.Module'],
    [
      'no WebAssembly',
      new Uint8Array(3),
      'init: wasm, a Uint8Array, is no WebAssembly: 3 bytes, must be simd.wasm',
    ],
    [
      'another module',
      empty,
      'init: wasm, a Uint8Array, is no file of striate, must be simd.wasm or relaxed.wasm of striate ',
    ],
    ['a missing file', 'no/such.wasm', "init: wasm 'no/such.wasm' cannot be read: ENOENT"],
    [
      'an answer that is none',
      new Response('', { status: 404 }),
      'init: wasm, a Response, cannot be read: it was answered with status 404',
    ],
  ])('%s', async (_name, wasm, sentence) => {
    await expect(load(wasm)).rejects.toThrow(sentence);
  });
  it('a file of the other variant', async () => {
    await expect(load(fileOf('simd'), 'relaxed')).rejects.toThrow(
      "variant is 'relaxed', but wasm is simd.wasm",
    );
  });
  it('a memory that does not hold the module', async () => {
    await expect(loadFrom(embedded, { maxMemoryBytes: 65536 })).rejects.toThrow(
      /^init: maxMemoryBytes is 65536, must be at least \d+$/,
    );
  });
});

describe('runtimes that lack something', () => {
  const validate = WebAssembly.validate;
  const pretending = async (accepts: (size: number) => boolean, work: () => Promise<void>) => {
    WebAssembly.validate = (bytes) => accepts(bytes.byteLength);
    try {
      await work();
    } finally {
      WebAssembly.validate = validate;
    }
  };
  const noRelaxed = (size: number) => size < 36; // the probe for relaxed SIMD is the longer one
  it('no SIMD', () =>
    pretending(
      () => false,
      () =>
        expect(load(undefined)).rejects.toThrow(
          'init: striate needs WebAssembly with SIMD, which this runtime lacks',
        ),
    ));
  it('no relaxed SIMD: the other variant, and a note', () =>
    pretending(noRelaxed, async () => {
      const { variant, notes } = await load(undefined);
      expect([variant, ...notes]).toEqual(['simd', "variant 'simd': this runtime has no relaxed SIMD"]);
      await expect(load(undefined, 'relaxed')).rejects.toThrow('this runtime has no relaxed SIMD');
    }));
  it('an entry that holds one variant only', async () => {
    const platform: Platform = { simd: embedded.simd! };
    const { variant, notes } = await loadFrom(platform, { maxMemoryBytes });
    expect([variant, ...notes]).toEqual(['simd', "variant 'simd': this entry holds no relaxed SIMD"]);
    await expect(loadFrom(platform, { variant: 'relaxed', maxMemoryBytes })).rejects.toThrow('does not hold');
  });
  // In the words of Chromium, Firefox and Safari; then of Node and of workerd, where no policy is, and of other causes.
  it.each<[string, unknown, boolean]>([
    [
      'Chromium',
      new WebAssembly.CompileError(
        "WebAssembly.compile(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because neither 'wasm-eval' nor 'unsafe-eval' is an allowed source of script in the following Content Security Policy directive: \"script-src 'self'\"",
      ),
      true,
    ],
    ['Firefox', new WebAssembly.CompileError('call to WebAssembly.compile() blocked by CSP'), true],
    [
      'Safari',
      new EvalError(
        "Refused to create a WebAssembly object because 'unsafe-eval' or 'wasm-unsafe-eval' is not an allowed source of script in the following Content Security Policy directive: \"script-src 'self'\".",
      ),
      true,
    ],
    [
      'an embedder',
      new WebAssembly.CompileError('WebAssembly.compile(): Wasm code generation disallowed by embedder'),
      false,
    ],
    ['wrong bytes', new WebAssembly.CompileError('expected magic word'), false],
    ['a policy on loading', new TypeError('Failed to fetch: it violates the Content Security Policy'), false],
    ['no error', undefined, false],
  ])('the policy is blamed where it is to blame: %s', async (_name, cause, policy) => {
    const platform: Platform = { simd: () => Promise.reject(cause) };
    const message = await loadFrom(platform, { maxMemoryBytes }).catch((error) => error.message);
    const why = policy ? " (a content security policy needs 'wasm-unsafe-eval')" : '';
    expect(message).toBe(
      `init: striate's WebAssembly was refused${why}: ${cause instanceof Error ? cause.message : cause}`,
    );
  });
});
