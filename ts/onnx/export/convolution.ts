/** Convolution and what is made of it: transposed, separable, moved taps, windows as columns. */
import type { Axes, Axis } from '../../instructions/axes.ts';
import { PAD_MODES } from '../../instructions/emitPad.ts';
import type { ConvolutionStep } from '../../ops/convolutionStep.ts';
import { type Call, type Forms, inputOf, shapeOf, sizeOf } from './form.ts';
import type { Attribute, Writer } from './writer.ts';

/** The window's attributes, of the last `rank` axes. */
export function windowOf(axes: readonly Axis[]): Record<string, Attribute> {
  return {
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...axes.map(({ lo }) => lo), ...axes.map(({ hi }) => hi)],
  };
}

/** The spatial axes of a problem, which are always three there. */
export const own = (axes: Axes, rank: number): readonly Axis[] => axes.slice(3 - rank);

const MODE_NAMES = { constant: 'constant', reflect: 'reflect', replicate: 'edge', circular: 'wrap' } as const;

/** Pads the spatial axes by widths, [before, after] for each. */
export function padded(
  to: Writer,
  x: string,
  mode: keyof typeof MODE_NAMES,
  widths: readonly number[],
  value = '',
): string {
  if (mode === 'circular' && to.opset < 19 && widths.every((width) => width >= 0))
    return around(to, x, widths);
  if (mode === 'circular') to.requireSet('circular padding that crops', 19);
  const sides = [0, 1].flatMap((side) => [0, 0, ...widths.filter((_, i) => i % 2 === side)]);
  return to.op('Pad', [x, to.integers(sides), value], { mode: MODE_NAMES[mode] });
}

/** Each axis between its last elements and its first ones. */
function around(to: Writer, x: string, widths: readonly number[]): string {
  let y = x;
  for (let axis = 0; axis < widths.length / 2; axis++) {
    const [before = 0, after = 0] = widths.slice(2 * axis);
    const piece = (start: number, end: number) =>
      to.op('Slice', [y, to.integers([start]), to.integers([end]), to.integers([axis + 2])]);
    const first = before > 0 ? [piece(-before, 0x7fffffff)] : [];
    const last = after > 0 ? [piece(0, after)] : [];
    if (before + after > 0) y = to.op('Concat', [...first, y, ...last], { axis: axis + 2 });
  }
  return y;
}

/** Weights whose taps are in the other order. */
function reversed(to: Writer, weight: string, rank: number): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis + 2);
  const all = (value: number) => to.integers(axes.map(() => value));
  return to.op('Slice', [weight, all(-1), all(-0x7fffffff), to.integers(axes), all(-1)]);
}

function convolved(to: Writer, inputs: readonly string[], step: ConvolutionStep): string {
  const { problem, flip } = step;
  const [x = '', weight = '', bias = ''] = inputs;
  const rank = step.x.shape.length - 2;
  const from = step.padded === null ? x : padded(to, x, step.padded.pads.mode, step.padded.pads.widths);
  const taps = flip ? reversed(to, weight, rank) : weight;
  const attributes = { ...windowOf(own(problem.axes, rank)), group: problem.groups };
  return to.op('Conv', [from, taps, bias], attributes);
}

function conv(to: Writer, call: Call): string {
  return convolved(to, call.inputs.slice(0, 3), call.problem as ConvolutionStep);
}

function twoConvs(to: Writer, { inputs, problem }: Call): string {
  const { first, second } = problem as { readonly first: ConvolutionStep; readonly second: ConvolutionStep };
  const [x = '', one = '', two = '', bias = ''] = inputs;
  return convolved(to, [convolved(to, [x, one], first), two, bias], second);
}

function convTranspose(to: Writer, call: Call): string {
  const { axes, groups } = call.problem as { readonly axes: Axes; readonly groups: number };
  const spatial = shapeOf(call).slice(2);
  const ends = own(axes, spatial.length).map((axis, i) => {
    const whole = axis.stride * (spatial[i]! - 1) + axis.dilation * (axis.kernel - 1) + 1;
    // What is cut off at the end; less than nothing is added there.
    return { axis, cut: whole - axis.lo - axis.input };
  });
  const window = {
    ...windowOf(ends.map(({ axis, cut }) => ({ ...axis, hi: Math.max(0, cut) }))),
    group: groups,
  };
  const added = ends.map(({ cut }) => Math.max(0, -cut));
  const isUsual = ends.every(({ axis }, i) => added[i]! < axis.stride || added[i]! >= axis.input);
  if (isUsual) return to.op('ConvTranspose', call.inputs, { ...window, output_padding: added });
  // More than runtimes add is added behind, and the bias then.
  const [x = '', weight = '', bias = ''] = call.inputs;
  const widths = added.flatMap((one) => [0, one]);
  const y = padded(to, to.op('ConvTranspose', [x, weight], window), 'constant', widths);
  if (bias === '') return y;
  const channels = call.outputs[0]!.shape[1] ?? 0;
  return to.op('Add', [y, to.reshape(bias, [channels], [channels, ...spatial.map(() => 1)])]);
}

function deform(to: Writer, call: Call): string {
  const [x = '', offset = '', weight = '', bias = '', mask = ''] = call.inputs;
  const { axes, groups, offsetGroups } = call.problem as {
    readonly axes: Axes;
    readonly groups: number;
    readonly offsetGroups: number;
  };
  const attributes = { ...windowOf(own(axes, 2)), group: groups, offset_group: offsetGroups };
  return to.op('DeformConv', [x, weight, offset, bias, mask], attributes, { since: 19 });
}

/** A convolution of each channel by kernels that take one of its taps each. */
function unfold(to: Writer, call: Call): string {
  const { axes } = call.problem as { readonly axes: Axes };
  if (call.outputs[0]!.dtype !== 'float32')
    to.fail(`it is a convolution in ONNX, of float32, x is ${call.outputs[0]!.dtype}`);
  const [channels = 0] = shapeOf(call).slice(1);
  const [kh, kw] = [axes[1].kernel, axes[2].kernel];
  const taps = kh * kw;
  const weight = new Array<number>(channels * taps * taps).fill(0);
  for (let row = 0; row < channels * taps; row++) weight[row * taps + (row % taps)] = 1;
  const kernel = to.floats(weight, [channels * taps, 1, kh, kw]);
  const y = to.op('Conv', [inputOf(call), kernel], { ...windowOf(own(axes, 2)), group: channels });
  const [n = 0, rows = 0, windows = 0] = call.outputs[0]!.shape;
  return to.reshape(y, [n, rows, windows, 1], [n, rows, windows]);
}

function fold(to: Writer, call: Call): string {
  const { axes } = call.problem as { readonly axes: Axes };
  const image = call.outputs[0]!.shape.slice(2);
  const { strides, dilations, pads } = windowOf(own(axes, 2));
  const block = own(axes, 2).map(({ kernel }) => kernel);
  return to.op(
    'Col2Im',
    [inputOf(call), to.integers(image), to.integers(block)],
    { strides: strides!, dilations: dilations!, pads: pads! },
    { since: 18 },
  );
}

export const convolutions = (): Forms => ({
  conv1d: conv,
  conv2d: conv,
  conv3d: conv,
  separableConv1d: twoConvs,
  separableConv2d: twoConvs,
  separableConv3d: twoConvs,
  spatialSeparableConv2d: twoConvs,
  convTranspose1d: convTranspose,
  convTranspose2d: convTranspose,
  convTranspose3d: convTranspose,
  deformConv2d: deform,
  unfold,
  fold,
  pad1d: pad,
  pad2d: pad,
  pad3d: pad,
});

function pad(to: Writer, call: Call): string {
  const [mode = 0, value = 0, ...widths] = call.params;
  const name = PAD_MODES[mode]!;
  const fill = name === 'constant' && value !== 0 ? to.scalar(value, call.outputs[0]!.dtype) : '';
  return padded(to, inputOf(call), name, widths, fill);
}

/** Sums over windows: a convolution of each channel by ones. `value` counts for what padding holds. */
export function summed(to: Writer, x: string, channels: number, axes: readonly Axis[]): string {
  const kernel = axes.map(({ kernel: size }) => size);
  const ones = to.floats(new Array<number>(channels * sizeOf(kernel)).fill(1), [channels, 1, ...kernel]);
  return to.op('Conv', [x, ones], { ...windowOf(axes), group: channels });
}
