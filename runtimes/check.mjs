// What each runtime must say: the bits of Node's oldest line in the simd variant, the numbers of textbooks, sentences, nothing alive.
import assert from 'node:assert/strict';

const COLORS = [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 200, 100, 50, 255, 255, 255];
const GREY = [10, 60, 90, 120, 180, 250];

function near(values, expected, tolerance, what) {
  assert.equal(values.length, expected.length, what);
  for (const [i, value] of values.entries())
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `${what}: ${value}, must be near ${expected[i]}`);
}

function like(said, pattern, what) {
  assert.ok(pattern.test(said), `${what}: ${said}, must be like ${pattern}`);
}

/** The results of the simd variant, by themselves. */
function checkResults({ eager, model, pictures, errors, liveBytes, liveTensors }) {
  assert.deepEqual(eager, [19, 25, 37, 43]);
  assert.deepEqual(model, [19, 25, 37, 43]);
  const { jpeg, bmp, encodedJpeg, ...others } = pictures;
  for (const [name, pixels] of Object.entries(others)) assert.deepEqual(pixels, [3, 2, 3, ...COLORS], name);
  assert.deepEqual(bmp, [1, 1, 3, 3, 2, 1]);
  assert.deepEqual(jpeg.slice(0, 3), [3, 2, 3]);
  near(
    GREY.map((_, i) => jpeg[3 + i * 3]),
    GREY,
    12,
    'a grey JPEG',
  );
  near(encodedJpeg.slice(3), COLORS, 12, 'an encoded JPEG');
  assert.equal(errors.length, 3);
  like(errors[0], /^RangeError: conv2d: stride is 0, must be/, 'a wrong stride');
  like(errors[1], /^ModelError: /, 'half a model');
  assert.equal(errors[2], 'Error: decodeImage: bytes is a PNG file that ends early');
  assert.deepEqual({ liveBytes, liveTensors }, { liveBytes: 0, liveTensors: 0 });
}

/** The relaxed variant is exact on small integers, and near elsewhere. */
function checkRelaxed(relaxed, simd) {
  const { bits, close, ...exact } = relaxed;
  const { bits: _bits, close: expected, ...others } = simd;
  assert.deepEqual(exact, others);
  assert.deepEqual(Object.keys(bits), Object.keys(simd.bits));
  near(close, expected, 1e-5, 'relaxed');
}

const NOTES = [
  /^one thread: no shared memory; a page has it when it is cross-origin isolated/,
  /^one thread: this runtime has no shared memory/,
  /^one thread: the module is compiled already; threads need its bytes$/,
  /^one thread: this runtime has no workers$/,
];

function checkThreads({ threads, after, same, notes }, wanted) {
  assert.deepEqual({ threads, after, same }, { threads: wanted, after: wanted, same: true });
  const why = notes.filter((note) => note.startsWith('one thread'));
  if (wanted > 1) return assert.deepEqual(why, []);
  assert.equal(why.length, 1);
  assert.ok(
    NOTES.some((note) => note.test(why[0])),
    why[0],
  );
}

/** Sentences of sources that hold no kernels; what is not here must run. */
const REFUSED = {
  'a page':
    /^Error: init: wasm '.*page\.html' is a page of HTML: 40 bytes, which begin with '<!doctype html><title>/,
  'a page in a Response':
    /^Error: init: wasm.* is a page of HTML: 40 bytes, which begin with '<!doctype html><title>/,
  'no such file':
    /^Error: init: wasm '.*none\.wasm' cannot be read: (ENOENT|.*no such file|it was answered with status 404)/i,
  'status 404': /^Error: init: wasm.* cannot be read: it was answered with status 404$/,
  'cut short': /^Error: init: wasm '.*short\.wasm' ends early: 100000 bytes, of \d+ at least, must be /,
  'another version':
    /^Error: init: wasm.* is of striate 0\.0\.0, must be simd\.wasm or relaxed\.wasm of striate \d+\.\d+\.\d+$/,
  'bytes, which may not be compiled': /^Error: init: wasm.* cannot be compiled: /,
};

function checkLoading(loading, variant) {
  for (const [name, said] of Object.entries(loading)) {
    if (REFUSED[name]) like(said, REFUSED[name], name);
    // The one file of the relaxed variant is refused where the runtime has none.
    else if (name === 'path' && variant === 'simd')
      like(said, /^Error: init: wasm '.*relaxed\.wasm' cannot be compiled: /, name);
    else assert.equal(said, `${name === 'path' ? 'relaxed' : 'simd'} 0,2`, name);
  }
}

/** Throws where a runtime's report is not what it must be; `reference` is that of the oldest Node. */
export function check(report, expected, reference) {
  assert.equal(report.thrown, undefined);
  assert.equal(report.before, 'Error: tensor: call `await init()` first');
  checkResults(report.simd);
  assert.deepEqual(report.simd, reference.simd);
  const variant = expected.variantOf?.(report) ?? expected.variant;
  assert.equal(report.variant, variant);
  assert.equal(report.relaxed !== null, variant === 'relaxed');
  assert.equal(report.maxMemoryBytes, expected.memory ?? 2 ** 31);
  if (report.relaxed) checkRelaxed(report.relaxed, report.simd);
  checkThreads(report.threads, expected.threads);
  if (report.loading) checkLoading(report.loading, report.variant);
  if (report.hosted) checkThreads(report.hosted, expected.threads);
  if (report.alone) checkThreads(report.alone, 1);
  for (const inner of [report.worker, report.elsewhere]) {
    if (!inner) continue;
    check({ agent: report.agent, ...inner }, expected, reference);
    if (inner === report.elsewhere) assert.ok(inner.loaded > 3, `${inner.loaded} files came from elsewhere`);
  }
}
