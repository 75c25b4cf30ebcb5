// The peak of this machine in GFLOP/s, per variant: a loop of independent multiply-accumulates that never leaves the
// registers. It is tried with several numbers of accumulators and in two orders, and the best counts.
//
//   relaxed   acc = relaxed_madd(a, b, acc)            or    acc = relaxed_madd(acc, a, b)
//   simd      acc = acc * a + b, one after the other   or    all products first, then all sums
import binaryen from 'binaryen';

const ITERATIONS = 100_000;
const ROUNDS = 300; // long enough for the optimising compiler to have come
const ACCUMULATORS = [8, 10, 12]; // of 16 registers, two hold a and b
const LANES = 4;

const bodies = {
  relaxed: [
    (sums) =>
      sums.map(
        (sum) => `(local.set ${sum} (f32x4.relaxed_madd (local.get $a) (local.get $b) (local.get ${sum})))`,
      ),
    (sums) =>
      sums.map(
        (sum) => `(local.set ${sum} (f32x4.relaxed_madd (local.get ${sum}) (local.get $a) (local.get $b)))`,
      ),
  ],
  simd: [
    (sums) =>
      sums.map(
        (sum) =>
          `(local.set ${sum} (f32x4.add (f32x4.mul (local.get ${sum}) (local.get $a)) (local.get $b)))`,
      ),
    (sums) => [
      ...sums.map((sum) => `(local.set ${sum} (f32x4.mul (local.get ${sum}) (local.get $a)))`),
      ...sums.map((sum) => `(local.set ${sum} (f32x4.add (local.get ${sum}) (local.get $b)))`),
    ],
  ],
};

/** A function of a count of iterations; a = b = 0.5, so that simd's sums tend to 1 and nothing is ever denormal. */
function text(body, count) {
  const sums = Array.from({ length: count }, (_, i) => `$s${i}`);
  const total = sums
    .slice(1)
    .reduce((sum, one) => `(f32x4.add ${sum} (local.get ${one}))`, '(local.get $s0)');
  return `(module (func (export "run") (param $n i32) (param $half f32) (result f32)
    (local $a v128) (local $b v128) ${sums.map((sum) => `(local ${sum} v128)`).join(' ')}
    (local.set $a (f32x4.splat (local.get $half)))
    (local.set $b (f32x4.splat (local.get $half)))
    (loop $more
      ${body(sums).join('\n      ')}
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (f32x4.extract_lane 0 ${total})))`;
}

function assemble(wat) {
  const module = binaryen.parseText(wat);
  module.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.RelaxedSIMD);
  const bytes = module.emitBinary();
  module.dispose();
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.run;
}

/** GFLOP/s of one thread. */
export function measurePeak(variant) {
  const loops = bodies[variant].flatMap((body) =>
    ACCUMULATORS.map((count) => ({ count, run: assemble(text(body, count)) })),
  );
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const { count, run } of loops) {
      const start = performance.now();
      run(ITERATIONS, 0.5);
      const nanoseconds = (performance.now() - start) * 1e6;
      best = Math.max(best, (2 * LANES * count * ITERATIONS) / nanoseconds);
    }
  }
  return best;
}
