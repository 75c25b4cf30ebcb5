/**
 * Tests of ONNX's test data that are left out: patterns of their names, and why. What is left out must fail, so that nothing
 * stands here that could pass.
 */
const LEFT_OUT: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^test_(strnormalizer|strnorm_model|tfidfvectorizer)_/, 'operators on strings'],
  [/^test_cast(like)?_(STRING_|\w+_STRING)/, 'strings'],
  [/^test_cast(like)?_\w*BFLOAT16/, 'bfloat16'],
  [/^test_\w+_(u?int16|uint32|uint64)$/, 'uint16, uint32, uint64 and int16 are no dtypes'],
  [/^test_(optional_|if_opt|identity_opt|loop16_seq_none)/, 'optional types'],
  [
    /^test_(adagrad|adam|momentum|nesterov_momentum|gradient_of)/,
    "training: optimizers and gradients are the library's own",
  ],
  [/^test_training_dropout(?!_zero_ratio)/, 'the mask is of another generator'],
  [/^test_bernoulli/, 'random numbers of another generator'],
  [
    /^test_resize_downsample_scales_(cubic|linear)_align_corners$/,
    'aligned to a size that is not rounded, so that no corner is: runtimes round it first',
  ],
  [
    /^test_operator_(add_.*broadcast|addconstant|addmm|mm)$|^test_(Linear|Softsign)$/,
    'broadcasting as before operator set 7',
  ],
  [/^test_BatchNorm\dd_.*eval$/, 'batch normalization as before operator set 7'],
  [/^test_scan_sum$/, 'Scan as before operator set 9'],
  [
    /^test_(identity_sequence|if_seq|loop13_seq|sequence_(insert|map)_.*)$/,
    'a sequence as an input or output of a model',
  ],
];

/** Why a test is left out; null when it must pass. */
export function leftOut(name: string): string | null {
  return LEFT_OUT.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
