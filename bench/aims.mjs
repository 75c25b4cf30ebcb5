// The aims, and what a run reached: [aim, wanted, reached, of how many figures, 'yes' | 'no'] each, for what the run measured.
import { geomean, median } from './race.mjs';
import { percent, times } from './table.mjs';

const [WEB, TFJS, NATIVE] = ['onnxruntime-web', 'tfjs-backend-wasm', 'onnxruntime-node'];

/** One aim: `values` are what was measured, `reduce` makes one of them, `bound` is how it is to compare. */
function aim(what, values, reduce, least, limit, write) {
  if (values.length === 0) return [];
  const reached = reduce(values);
  const isMet = least ? reached >= limit : reached <= limit;
  return [
    [what, `${least ? '>=' : '<='} ${write(limit)}`, write(reached), values.length, isMet ? 'yes' : 'no'],
  ];
}

const smallest = (values) => Math.min(...values);
const largest = (values) => Math.max(...values);
const atLeast = (what, values, reduce, limit, write = times) => aim(what, values, reduce, true, limit, write);
const atMost = (what, values, reduce, limit, write = times) => aim(what, values, reduce, false, limit, write);

const ratiosTo = (peer, rows) => rows.flatMap((row) => row.peers[peer]?.ratio ?? []);

function ofLayers(rows, { avx512 }) {
  const gemm = (variant) =>
    rows
      .filter((row) => row.variant === variant && ['gemm', 'pointwise', 'direct'].includes(row.algorithm))
      .filter((row) => row.outputs >= 24 && row.pixels >= 49)
      .map(({ share }) => share);
  const sixteen = (variant) => rows.filter((row) => row.variant === variant && row.group === 'sixteen');
  const relaxed = sixteen('relaxed');
  const dense = relaxed.filter(({ name }) => /^3x3 \d+->\d+ /.test(name));
  const depthwise = relaxed.filter(({ name }) => name.startsWith('depthwise'));
  return [
    ...atLeast('GEMM-shaped, relaxed, median share of the peak', gemm('relaxed'), median, 0.9, percent),
    ...atLeast('GEMM-shaped, relaxed, least share of the peak', gemm('relaxed'), smallest, 0.8, percent),
    ...atLeast('GEMM-shaped, simd, median share of the peak', gemm('simd'), median, 0.75, percent),
    ...atLeast('GEMM-shaped, simd, least share of the peak', gemm('simd'), smallest, 0.6, percent),
    ...atLeast(`sixteen, relaxed, to ${WEB}, least`, ratiosTo(WEB, relaxed), smallest, 1.8),
    ...atLeast(`sixteen, relaxed, to ${WEB}, geometric mean`, ratiosTo(WEB, relaxed), geomean, 4),
    ...atLeast(`sixteen, relaxed, to ${TFJS}, least`, ratiosTo(TFJS, relaxed), smallest, 1.4),
    ...atLeast(`sixteen, relaxed, to ${TFJS}, geometric mean`, ratiosTo(TFJS, relaxed), geomean, 2.5),
    ...atLeast(
      `sixteen, relaxed, to ${NATIVE} ${avx512 ? 'with' : 'without'} AVX-512, geometric mean`,
      ratiosTo(NATIVE, relaxed),
      geomean,
      avx512 ? 0.9 : 1.2,
    ),
    ...(avx512
      ? []
      : atLeast(`dense 3x3, relaxed, to ${NATIVE}, geometric mean`, ratiosTo(NATIVE, dense), geomean, 1.3)),
    ...atLeast(`depthwise, relaxed, to ${NATIVE}, geometric mean`, ratiosTo(NATIVE, depthwise), geomean, 2.5),
    ...atLeast(`sixteen, simd, to ${WEB}, geometric mean`, ratiosTo(WEB, sixteen('simd')), geomean, 3),
  ];
}

function ofModels(rows) {
  const faces = rows.filter(({ name, variant }) => name.startsWith('blazeface') && variant === 'relaxed');
  const relaxed = rows.filter(({ variant }) => variant === 'relaxed');
  const shares = relaxed.map(({ share }) => share);
  return [
    ...faces.flatMap((row) => atLeast(`${row.name}, relaxed, to ${WEB}`, ratiosTo(WEB, [row]), smallest, 4)),
    ...atLeast(`models, relaxed, to ${WEB}, geometric mean`, ratiosTo(WEB, relaxed), geomean, 2.5),
    ...atLeast(`models, relaxed, to ${WEB}, smallest`, ratiosTo(WEB, relaxed), smallest, 1.8),
    ...atLeast("models, relaxed, median share of the machine's limit", shares, median, 0.75, percent),
    ...atLeast("models, relaxed, least share of the machine's limit", shares, smallest, 0.6, percent),
  ];
}

function ofLitert(rows) {
  const ratios = (isWanted) => rows.filter(isWanted).map(({ ratio }) => ratio);
  const sixteen = ratios(({ group }) => group === 'sixteen');
  const onBytes = ratios(({ group }) => group === 'bytes');
  const network = (name, of) => ratios((row) => row.name === name && row.of === of);
  return [
    ...atLeast('sixteen, to LiteRT.js, geometric mean', sixteen, geomean, 2.1),
    ...atLeast('sixteen, to LiteRT.js, least', sixteen, smallest, 1.15),
    ...atLeast('MobileNetV2, to LiteRT.js', network('MobileNetV2', 'float32'), smallest, 1.5),
    ...atLeast('BlazeFace 128, to LiteRT.js', network('BlazeFace 128', 'float32'), smallest, 1.9),
    ...atLeast('layers on bytes, to LiteRT.js, geometric mean', onBytes, geomean, 1.5),
    ...atLeast('layers on bytes, to LiteRT.js, least', onBytes, smallest, 1.05),
    ...atLeast('MobileNetV2 on bytes, to LiteRT.js', network('MobileNetV2', 'bytes, 8 bits'), smallest, 1.6),
  ];
}

function ofCompiled(rows) {
  const made = ['float32', 'float16', 'int8', 'on bytes'];
  const of = (kinds, key) => rows.filter(({ kind }) => kinds.includes(kind)).map((row) => row[key]);
  return [
    ...atMost('compiled, float16, to the ONNX file, largest', of(['float16'], 'share'), largest, 0.55),
    ...atMost('compiled, int8, to the ONNX file, largest', of(['int8', 'on bytes'], 'share'), largest, 0.32),
    ...atMost('compiled, start to the ONNX file, largest', of(made, 'startShare'), largest, 0.6),
  ];
}

function ofGradients(results) {
  return results.flatMap(({ variant, layers }) => {
    const wide = layers.filter(({ channels }) => channels >= 16);
    const dense = layers.filter(({ isDense }) => isDense);
    const strided = wide.filter(({ isDense }) => !isDense);
    const of = (rows, ratio) => rows.map((row) => row[ratio]);
    return [
      ...atMost(
        `gradient of x at stride 1, ${variant}, to forward, largest`,
        of(dense, 'inputRatio'),
        largest,
        1.2,
      ),
      ...atMost(
        `gradient of x at other strides, ${variant}, to GEMM, largest`,
        of(strided, 'inputRatio'),
        largest,
        1.6,
      ),
      ...atMost(
        `gradient of the weight, ${variant}, to GEMM, largest`,
        of(wide, 'weightRatio'),
        largest,
        1.6,
      ),
    ];
  });
}

const ofThreads = (rows) => {
  const shares = (isWanted) =>
    rows.filter(({ name }) => isWanted(name.startsWith('winograd'))).map(({ share }) => share);
  return [
    ...atLeast(
      'two threads to two processes, GEMM, least',
      shares((winograd) => !winograd),
      smallest,
      0.9,
      percent,
    ),
    ...atLeast(
      'two threads to two processes, Winograd, least',
      shares((winograd) => winograd),
      smallest,
      0.75,
      percent,
    ),
  ];
};

const ofScaling = (rows) => {
  const of = (key) => rows.flatMap((row) => row[key] ?? []);
  return [
    ...atMost(
      'cost per multiply-accumulate from 50 MFLOP to 10 GFLOP, largest spread',
      of('spread'),
      largest,
      1.15,
    ),
    ...atMost('cost at 1 MFLOP, largest', of('small'), largest, 2),
  ];
};

/** In the variant that a current engine takes. */
function ofTraining(all, { avx512 }) {
  const relaxed = all.filter(({ variant }) => variant === 'relaxed');
  const one = relaxed.filter(({ threads }) => threads === 1);
  const ratios = (name) =>
    one.filter((row) => row.torchMs && row.name.startsWith(name)).map(({ torchMs, ms }) => torchMs / ms);
  const gains = relaxed.filter(({ threads }) => threads === 2).map((row) => row.one / row.ms);
  const bytes = one.filter(({ torchBytes }) => torchBytes).map((row) => row.bytes / row.torchBytes);
  const which = avx512 ? 'with' : 'without';
  return [
    ...atLeast('a step of LeNet-5, relaxed, to PyTorch', ratios('LeNet'), smallest, 1.3),
    ...atLeast(
      `a step of ResNet-20, relaxed, to PyTorch ${which} AVX-512`,
      ratios('ResNet'),
      smallest,
      avx512 ? 1 : 1.2,
    ),
    ...atLeast('two threads to one in training, relaxed, least', gains, smallest, 1.7),
    ...atMost("a step's memory, to PyTorch's, largest", bytes, largest, 1.2),
  ];
}

/**
 * What of the JSON of one number of threads speaks of aims.
 * @param {{ machine: { avx512: boolean }, threads: number, [part: string]: any }} results
 */
export function aims({
  machine,
  threads,
  layers,
  models,
  gradients,
  scaling,
  parallel,
  eager,
  start,
  images,
  training,
  litert,
  compiled,
}) {
  const us = (value) => `${value.toFixed(2)} us`;
  const ms = (value) => `${value.toFixed(1)} ms`;
  const microseconds = (eager ?? []).map((row) => row.us);
  const prepared = (images ?? []).flatMap(({ name, ratio }) => (name.includes('letterboxed') ? ratio : []));
  const milliseconds = (isNode) =>
    (start ?? []).filter(({ name }) => name.startsWith('Node') === isNode).map((row) => row.all);
  return [
    ...(threads === 1 ? ofLayers(layers ?? [], machine) : []),
    ...(threads === 1 ? ofModels(models ?? []) : []),
    ...ofGradients(gradients ?? []),
    ...ofScaling(scaling ?? []),
    ...ofThreads(parallel ?? []),
    ...ofTraining(training ?? [], machine),
    ...ofLitert(litert ?? []),
    ...ofCompiled(compiled ?? []),
    ...atMost('a picture as an input, to sharp and a loop, largest', prepared, largest, 0.6),
    ...atMost('an eager call on 1 x 1 x 4 x 4, largest', microseconds, largest, 2, us),
    ...atMost('import to the first result, Node, largest', milliseconds(true), largest, 20, ms),
    ...atMost('import to the first result, Deno and Bun, largest', milliseconds(false), largest, 30, ms),
  ];
}
