#!/usr/bin/python3
"""Random calls of striate's operators, and what PyTorch and torchvision give for them, forward and backward.

    python3 test/torch/generate.py [--seed N] [--cases M] [--nets M] [--out FILE] [--op NAME]

Debian's python3-torch 1.13 and python3-torchvision 0.14 suffice. test/torch/torch.test.ts reads the file without Python.
torch.values has what it wrote without options, before these operators were added; these are in few.values:

    python3 test/torch/generate.py --op argMin,variance,std,stack,squeeze,unsqueeze --cases 42 --out test/torch/few.values
    python3 test/torch/generate.py --op expand,tile,indexSelect,gather,scatter,oneHot,sort,topK,cumSum,triu,tril \
        --cases 72 --out test/torch/indexing.values
    python3 test/torch/generate.py --op resampling --cases 40 --out test/torch/resampling.values
    python3 test/torch/generate.py --op equal,notEqual,greater,greaterEqual,less,lessEqual,logicalAnd,logicalOr,logicalXor,\
logicalNot,isNaN,where,nms,batchedNms,bytes --cases 110 --out test/torch/choosing.values
    python3 test/torch/generate.py --op losses,crossEntropy,nllLoss --cases 150 --out test/torch/loss.values

The file is the gzip of: the length of a JSON text (uint32, little endian), the text, then all expected numbers as float32,
case by case: outputs, gradients, written tensors. A case is
    name         what to call it
    steps        [operator, arguments] each; "$0" in them is the result of step 0, "$0.1" its second
    outputs      [shape, dtype] of what the last step gives
    gradients    the tensors, by their order in the steps, whose gradients follow; output i has had dy = tensor 1000 + i
    written      the tensors that the calls write in place: their values afterwards follow
    length       how many numbers all this is
Tensors are strings that say their shape and how their values are made, as in problem lines (test/support/calls.ts), so
none of them is stored: Tensors below is that generator.
"""
import argparse
import gzip
import json
import os
import random
import struct

import numpy as np
import torch
import torch.nn.functional as F
import torchvision

torch.set_num_threads(1)


# ---------------------------------------------------------------- the generator of test/support/calls.ts

class Choices:
    """mulberry32, as test/support/random.ts has it."""

    def __init__(self, seed):
        self.state = seed & 0xFFFFFFFF

    def next(self):
        self.state = (self.state + 0x6D2B79F5) & 0xFFFFFFFF
        s = self.state
        t = ((s ^ (s >> 15)) * (s | 1)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return (t ^ (t >> 14)) / 2**32

    def integer(self, low, high):
        return low + int(self.next() * (high - low + 1))


def made(shape, kind, t):
    """The values of tensor t."""
    size = int(np.prod(shape, dtype=np.int64))
    if kind == '':
        return np.array([(7 * i + 3 * t) % 11 - 5 for i in range(size)], np.float64).reshape(shape)
    choose = Choices(1000 * t + size)
    if kind == '#':
        data = [(i - (size >> 1)) * 0.25 + 0.125 + t / 32 for i in range(size)]
        for i in range(size - 1, 0, -1):
            j = choose.integer(0, i)
            data[i], data[j] = data[j], data[i]
    else:
        data = [0.5 + choose.next() if kind == '+' else 2 * choose.next() - 1 for _ in range(size)]
    return np.array(data, np.float32).astype(np.float64).reshape(shape)


# ---------------------------------------------------------------- cases

R = random.Random(0)


class Value:
    """A tensor and what stands for it in the arguments."""

    def __init__(self, text, tensor):
        self.text, self.tensor = text, tensor


class Case:
    def __init__(self, dtype=torch.float64):
        self.steps, self.leaves, self.results, self.dtype = [], [], [], dtype
        self.written = {}

    def tensor(self, shape, kind='~', grad=True):
        t = len(self.leaves)
        value = torch.tensor(made(shape, kind, t), dtype=self.dtype, requires_grad=grad)
        self.leaves.append(value)
        return Value(('x'.join(map(str, shape)) or 'scalar') + kind, value)

    def literal(self, array, dtype='float32', grad=False):
        array = np.asarray(array)
        if dtype == 'float32':
            array = array.astype(np.float32)
            value = torch.tensor(array, dtype=self.dtype, requires_grad=grad)
        else:
            value = torch.tensor(array.astype(np.uint8 if dtype == 'uint8' else np.int64))
        self.leaves.append(value)
        text = {'values': [short(v) for v in array.reshape(-1).tolist()], 'shape': list(array.shape)}
        if dtype != 'float32':
            text['dtype'] = dtype
        return Value(text, value)

    def step(self, op, args, *results):
        """One call; args hold Values, results are what PyTorch gives."""
        def text(part):
            if isinstance(part, Value):
                return part.text
            if isinstance(part, (list, tuple)):
                return [text(p) for p in part]
            if isinstance(part, dict):
                return {key: text(p) for key, p in part.items()}
            return part
        k = len(self.steps)
        args = list(args)
        while args and (args[-1] == {} or args[-1] is None):
            args.pop()
        self.steps.append([op, text(args)])
        self.results = list(results)
        return [Value(f'${k}' if len(results) == 1 else f'${k}.{i}', y) for i, y in enumerate(results)]

    def finish(self, name):
        """The JSON of the case, and its numbers."""
        flows = [torch.tensor(made(tuple(y.shape), '~', 1000 + i), dtype=self.dtype) if y.is_floating_point() else None
                 for i, y in enumerate(self.results)]
        wanted = [t for t, leaf in enumerate(self.leaves) if leaf.requires_grad]
        total = sum((y * dy).sum() for y, dy in zip(self.results, flows) if dy is not None and y.requires_grad)
        grads = torch.autograd.grad(total, [self.leaves[t] for t in wanted], allow_unused=True) \
            if isinstance(total, torch.Tensor) else [None] * len(wanted)
        found = [(t, g) for t, g in zip(wanted, grads) if g is not None]
        arrays = [y.detach() for y in self.results] + [g for _, g in found] + list(self.written.values())
        numbers = [np.ascontiguousarray(a.numpy().astype(np.float32)).reshape(-1) for a in arrays]
        if any(not np.isfinite(n).all() for n in numbers):
            return None
        outputs = [[list(y.shape), dtype_of(y)] for y in self.results]
        head = {'name': name, 'steps': self.steps, 'outputs': outputs, 'gradients': [t for t, _ in found]}
        if self.written:
            head['written'] = list(self.written)
        head['length'] = sum(n.size for n in numbers)
        return head, np.concatenate(numbers)


def dtype_of(y):
    if y.is_floating_point():
        return 'float32'
    return 'uint8' if y.dtype in (torch.bool, torch.uint8) else 'int32'


def short(v):
    """A float32 as the shortest number that reads as it."""
    return int(v) if float(v).is_integer() else float(str(np.float32(v)))


# ---------------------------------------------------------------- choices

def maybe(p=0.5):
    return R.random() < p


def per_axis(n, low, high, alike=0.4):
    """A number or one per axis, as an option; and the list."""
    if maybe(alike):
        v = R.randint(low, high)
        return v, [v] * n
    values = [R.randint(low, high) for _ in range(n)]
    return values, values


def spatial(n, low=3, high=8):
    high = {1: high + 6, 2: high, 3: min(high, 6)}[n]
    return [R.randint(low, high) for _ in range(n)]


def flat(pairs):
    """Pairs in the order of the axes as F.pad wants them."""
    return [w for pair in reversed(pairs) for w in pair]


def given(**options):
    """Options without those that are None: left out."""
    return {key: value for key, value in options.items() if value is not None}


def pick(value, p=0.6):
    """An option that is given, or not."""
    return value if maybe(p) else None


# ---------------------------------------------------------------- convolution

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def window_padding(n, size, kernel, stride, dilation, modes=True, most=3):
    """padding as an option and as pairs."""
    how = R.choice(['none', 'number', 'list', 'pairs', 'same', 'same-lower', 'valid', 'full'] if modes
                   else ['none', 'number', 'list', 'pairs'])
    full = [d * (k - 1) for d, k in zip(dilation, kernel)]
    if how == 'none':
        return None, [(0, 0)] * n
    if how == 'valid':
        return how, [(0, 0)] * n
    if how == 'full':
        return how, [(f, f) for f in full]
    if how in ('same', 'same-lower'):
        pairs = []
        for i in range(n):
            out = -(-size[i] // stride[i])
            total = max(0, (out - 1) * stride[i] + full[i] + 1 - size[i])
            lo = total // 2 if how == 'same' else total - total // 2
            pairs.append((lo, total - lo))
        return how, pairs
    if how == 'number':
        p = R.randint(0, most)
        return p, [(p, p)] * n
    if how == 'list':
        ps = [R.randint(0, most) for _ in range(n)]
        return ps, [(p, p) for p in ps]
    pairs = [(R.randint(0, most), R.randint(0, most)) for _ in range(n)]
    return [list(p) for p in pairs], pairs


PAD_MODES = {'zeros': 'constant', 'reflect': 'reflect', 'replicate': 'replicate', 'circular': 'circular'}


def fits(size, pairs, kernel, dilation):
    return all(s + lo + hi >= d * (k - 1) + 1 for s, (lo, hi), k, d in zip(size, pairs, kernel, dilation))


def pad_allowed(mode, size, pairs):
    if mode == 'reflect':
        return all(lo < s and hi < s for s, (lo, hi) in zip(size, pairs))
    if mode == 'circular':
        return all(lo <= s and hi <= s for s, (lo, hi) in zip(size, pairs))
    return True


def conv_options(n, size, kernel_high=4):
    """Random options of a convolution that fit; with pairs, and the kernel."""
    while True:
        kernel = [R.randint(1, kernel_high) for _ in range(n)]
        stride_option, stride = per_axis(n, 1, 3)
        dilation_option, dilation = per_axis(n, 1, 2)
        if maybe(0.4):
            stride_option, stride = None, [1] * n
        if maybe(0.5):
            dilation_option, dilation = None, [1] * n
        padding, pairs = window_padding(n, size, kernel, stride, dilation)
        mode = R.choice([None, None, 'zeros', 'reflect', 'replicate', 'circular'])
        if not fits(size, pairs, kernel, dilation) or not pad_allowed(mode, size, pairs):
            continue
        options = given(stride=stride_option, padding=padding, paddingMode=mode, dilation=dilation_option)
        return options, kernel, stride, dilation, pairs, PAD_MODES[mode or 'zeros']


def convolved(x, w, b, stride, dilation, groups, pairs, mode, flip=False):
    n = x.dim() - 2
    if any(lo or hi for lo, hi in pairs):
        x = F.pad(x, flat(pairs), mode=mode)
    if flip:
        w = w.flip(list(range(2, n + 2)))
    return CONV[n](x, w, b, stride, 0, dilation, groups)


def conv(n):
    c = Case()
    size = spatial(n)
    options, kernel, stride, dilation, pairs, mode = conv_options(n, size)
    groups = R.choice([1, 1, 1, 2, 3])
    ci, co = groups * R.randint(1, 3), groups * R.randint(1, 3)
    if maybe(0.15):
        ci = groups = R.randint(2, 5)
        co = ci * R.randint(1, 2)
    flip = maybe(0.15)
    x = c.tensor([R.choice([1, 1, 2]), ci, *size])
    w = c.tensor([co, ci // groups, *kernel])
    b = c.tensor([co]) if maybe() else None
    if groups > 1 or maybe(0.2):
        options['groups'] = groups
    if flip or maybe(0.1):
        options['flipKernel'] = flip
    y = convolved(x.tensor, w.tensor, b and b.tensor, stride, dilation, groups, pairs, mode, flip)
    c.step(f'conv{n}d', [x, w, b, options], y)
    return c


def conv_transpose(n):
    c = Case()
    while True:
        size = spatial(n, 2, 5)
        kernel = [R.randint(1, 4) for _ in range(n)]
        stride_option, stride = per_axis(n, 1, 3)
        dilation_option, dilation = per_axis(n, 1, 2)
        if maybe(0.5):
            dilation_option, dilation = None, [1] * n
        if maybe(0.3):
            stride_option, stride = None, [1] * n
        natural = [(s - 1) * t + d * (k - 1) + 1 for s, t, d, k in zip(size, stride, dilation, kernel)]
        how = R.choice(['none', 'number', 'pairs', 'same', 'same-lower', 'valid'])
        extra_option, extra, output_size = None, [0] * n, None
        if maybe(0.3):
            extra = [R.randint(0, max(t, d) - 1) for t, d in zip(stride, dilation)]
            extra_option = extra
        padding, pairs = None, [(0, 0)] * n
        if how == 'valid':
            padding = how
        elif how == 'number':
            p = R.randint(0, 2)
            padding, pairs = p, [(p, p)] * n
        elif how == 'pairs':
            pairs = [(R.randint(0, 2), R.randint(0, 2)) for _ in range(n)]
            padding = [list(p) for p in pairs]
        elif how in ('same', 'same-lower'):
            extra_option, extra = None, [0] * n
            total = [f - s * t for f, s, t in zip(natural, size, stride)]
            if min(total) < 0:
                continue
            pairs = [(t // 2, t - t // 2) if how == 'same' else (t - t // 2, t // 2) for t in total]
            padding = how
        out = [f - lo - hi + e for f, (lo, hi), e in zip(natural, pairs, extra)]
        if min(out) < 1:
            continue
        if extra_option is None and how in ('none', 'number') and maybe(0.4):
            extra = [R.randint(0, t - 1) for t in stride]
            out = [o + e for o, e in zip(out, extra)]
            output_size = out
        break
    groups = R.choice([1, 1, 2, 3])
    ci, per = groups * R.randint(1, 3), R.randint(1, 3)
    x = c.tensor([R.choice([1, 2]), ci, *size])
    w = c.tensor([ci, per, *kernel])
    b = c.tensor([per * groups]) if maybe() else None
    y = TRANSPOSE[n](x.tensor, w.tensor, None, stride, 0, 0, groups, dilation)
    y = F.pad(y, flat([(-lo, e - hi) for (lo, hi), e in zip(pairs, extra)]))
    if b is not None:
        y = y + b.tensor.reshape(-1, *[1] * n)
    options = given(stride=stride_option, padding=padding, outputPadding=extra_option, dilation=dilation_option,
                    groups=groups if groups > 1 else None, outputSize=output_size)
    c.step(f'convTranspose{n}d', [x, w, b, options], y)
    return c


def deform_conv():
    c = Case()
    while True:
        size = spatial(2, 3, 6)
        kernel = [R.randint(1, 3) for _ in range(2)]
        stride_option, stride = per_axis(2, 1, 2)
        dilation_option, dilation = per_axis(2, 1, 2)
        padding_option, padding = per_axis(2, 0, 2)
        out = [(s + 2 * p - d * (k - 1) - 1) // t + 1 for s, p, d, k, t in zip(size, padding, dilation, kernel, stride)]
        if min(out) >= 1:
            break
    groups, offset_groups = R.choice([1, 1, 2]), R.choice([1, 1, 2])
    ci, co = 2 * R.randint(1, 2), groups * R.randint(1, 2)
    batch, taps = R.choice([1, 2]), kernel[0] * kernel[1]
    x = c.tensor([batch, ci, *size])
    offset = c.tensor([batch, 2 * offset_groups * taps, *out])
    w = c.tensor([co, ci // groups, *kernel])
    b = c.tensor([co]) if maybe() else None
    mask = c.tensor([batch, offset_groups * taps, *out]) if maybe() else None
    y = torchvision.ops.deform_conv2d(x.tensor, offset.tensor, w.tensor, b and b.tensor, stride, padding, dilation,
                                      mask and mask.tensor)
    options = given(mask=mask, stride=stride_option if max(stride) > 1 else None, padding=padding_option,
                    dilation=dilation_option if max(dilation) > 1 else None)
    c.step('deformConv2d', [x, offset, w, b, options], y)
    return c


def separable_conv(n):
    c = Case()
    size = spatial(n)
    options, kernel, stride, dilation, pairs, mode = conv_options(n, size, 3)
    channels, m, co = R.randint(1, 3), R.choice([1, 1, 2]), R.randint(1, 4)
    x = c.tensor([R.choice([1, 2]), channels, *size])
    depthwise = c.tensor([channels * m, 1, *kernel])
    pointwise = c.tensor([co, channels * m, *[1] * n])
    b = c.tensor([co]) if maybe() else None
    y = convolved(x.tensor, depthwise.tensor, None, stride, dilation, channels, pairs, mode)
    c.step(f'separableConv{n}d', [x, depthwise, pointwise, b, options],
           CONV[n](y, pointwise.tensor, b and b.tensor))
    return c


def spatial_separable_conv():
    c = Case()
    size = spatial(2)
    options, kernel, stride, dilation, pairs, mode = conv_options(2, size, 4)
    channels = R.randint(1, 4)
    x = c.tensor([R.choice([1, 2]), channels, *size])
    column = c.tensor([channels, 1, kernel[0], 1])
    row = c.tensor([channels, 1, 1, kernel[1]])
    b = c.tensor([channels]) if maybe() else None
    y = convolved(x.tensor, column.tensor * row.tensor, b and b.tensor, stride, dilation, channels, pairs, mode)
    c.step('spatialSeparableConv2d', [x, column, row, b, options], y)
    return c


# ---------------------------------------------------------------- pooling

MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def pool_window(n, dilate=True, pad=True):
    """Kernel, options and lists of a pooling window that fits its input."""
    while True:
        size = spatial(n, 3, 9)
        kernel_option, kernel = per_axis(n, 1, 4)
        stride_option, stride = per_axis(n, 1, 3)
        if maybe(0.35):
            stride_option, stride = None, kernel
        dilation_option, dilation = per_axis(n, 1, 2)
        if not dilate or maybe():
            dilation_option, dilation = None, [1] * n
        padding_option, padding = None, [0] * n
        if pad and maybe():
            padding = [R.randint(0, k // 2) for k in kernel]
            padding_option = padding
        ceil = pick(maybe(), 0.5)
        if n == 3 and any(k > s for k, s in zip(kernel, size)):
            continue  # PyTorch refuses some of these although they fit in the padded input.
        if fits(size, [(p, p) for p in padding], kernel, dilation):
            options = given(stride=stride_option, padding=padding_option, dilation=dilation_option, ceilMode=ceil)
            return size, kernel_option, kernel, stride, dilation, padding, bool(ceil), options


def max_pool(n, sign=1):
    c = Case()
    size, kernel_option, kernel, stride, dilation, padding, ceil, options = pool_window(n)
    x = c.tensor([R.choice([1, 2]), R.randint(1, 3), *size], '#')
    indices = maybe(0.4)
    if maybe(0.2) and not ceil:
        padding, pairs = [0] * n, [(R.randint(0, 2), R.randint(0, 2)) for _ in range(n)]
        options['padding'] = [list(p) for p in pairs]
        if not all(max(p) < d * (k - 1) + 1 for p, k, d in zip(pairs, kernel, dilation)):
            return None
        if not fits(size, pairs, kernel, dilation):
            return None
        padded = F.pad(sign * x.tensor, flat(pairs), value=-float('inf'))
        indices = False
    else:
        padded = sign * x.tensor
    y, i = MAX[n](padded, kernel, stride, padding, dilation, ceil_mode=ceil, return_indices=True)
    if indices or maybe(0.1):
        options['returnIndices'] = indices
    name = ('max' if sign > 0 else 'min') + f'Pool{n}d'
    c.step(name, [x, kernel_option, options], *([sign * y, i] if indices else [sign * y]))
    return c


def avg_pool(n, kind='avg'):
    c = Case()
    size, kernel_option, kernel, stride, _, padding, ceil, options = pool_window(n, dilate=False)
    x = c.tensor([R.choice([1, 2]), R.randint(1, 3), *size])
    include, divisor = pick(maybe(), 0.5), R.choice([None, None, 3, 7])
    if kind == 'sum':
        include, divisor = None, 1
    lift = n == 1 and divisor is not None
    source = x.tensor.unsqueeze(2) if lift else x.tensor
    one, zero = ([1], [0]) if lift else ([], [])
    more = {'divisor_override': divisor} if n > 1 or lift else {}
    y = AVG[2 if lift else n](source, one + kernel, one + stride, zero + padding, ceil_mode=ceil,
                              count_include_pad=True if include is None else include, **more)
    if kind == 'avg':
        options.update(given(countIncludePad=include, divisorOverride=divisor))
    c.step(f'{kind}Pool{n}d', [x, kernel_option, options], y.squeeze(2) if lift else y)
    return c


def lp_pool(n):
    c = Case()
    size, kernel_option, kernel, stride, _, _, ceil, options = pool_window(n, dilate=False, pad=False)
    p = R.choice([1, 2, 2, 3, 2.5])
    x = c.tensor([R.choice([1, 2]), R.randint(1, 3), *size], '~' if p == 2 else '+')
    if n < 3:
        y = {1: F.lp_pool1d, 2: F.lp_pool2d}[n](x.tensor, p, kernel[0] if n == 1 else kernel,
                                                 stride[0] if n == 1 else stride, ceil)
    else:
        y = (F.avg_pool3d(x.tensor ** p, kernel, stride, 0, ceil) * float(np.prod(kernel))) ** (1 / p)
    c.step(f'lpPool{n}d', [x, p, kernel_option, options], y)
    return c


def adaptive_pool(n, kind):
    c = Case()
    size = spatial(n, 2, 9)
    x = c.tensor([R.choice([1, 2]), R.randint(1, 3), *size], '#' if kind == 'Max' else '~')
    out = [R.choice([None, *[R.randint(1, s + 2) for _ in range(4)]]) for s in size]
    option = out
    if maybe(0.3):
        out = [R.randint(1, 5)] * n
        option = out[0]
    target = [s if o is None else o for s, o in zip(size, out)]
    if kind == 'Avg':
        y = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}[n](x.tensor, target)
        c.step(f'adaptiveAvgPool{n}d', [x, option], y)
        return c
    pool = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}[n]
    y, i = pool(x.tensor, target, return_indices=True)
    indices = maybe()
    c.step(f'adaptiveMaxPool{n}d', [x, option, {'returnIndices': True} if indices else {}], *([y, i] if indices else [y]))
    return c


def global_pool(kind):
    c = Case()
    n = R.randint(1, 3)
    x = c.tensor([R.choice([1, 2]), R.randint(1, 4), *spatial(n)], '#' if kind == 'Max' else '~')
    dims = list(range(2, n + 2))
    y = x.tensor.amax(dims, True) if kind == 'Max' else x.tensor.mean(dims, True)
    c.step(f'global{kind}Pool', [x], y)
    return c


def fractional_pool(n):
    # The windows' starts are computed from the samples in the tensor's own precision.
    c = Case(torch.float32)
    size = spatial(n, 4, 9)
    kernel_option, kernel = per_axis(n, 1, 3)
    batch, channels = R.choice([1, 2]), R.randint(1, 3)
    x = c.tensor([batch, channels, *size], '#')
    samples = c.literal(np.array([[[round(R.random(), 3) for _ in range(n)] for _ in range(channels)] for _ in range(batch)]))
    most = [s - k + 1 for s, k in zip(size, kernel)]
    if maybe():
        out = [R.randint(1, m) for m in most]
        how, option = {'output_size': out}, {'outputSize': out}
    else:
        ratio = [R.choice([0.25, 0.375, 0.5, 0.625, 0.75]) for _ in range(n)]
        if any(int(s * r) < 1 or int(s * r) > m for s, r, m in zip(size, ratio, most)):
            return None
        how, option = {'output_ratio': ratio}, {'outputRatio': ratio}
    pool = {2: F.fractional_max_pool2d, 3: F.fractional_max_pool3d}[n]
    try:
        y, i = pool(x.tensor, kernel, return_indices=True, _random_samples=samples.tensor, **how)
    except RuntimeError:  # In 3-D, PyTorch wants outputs to be smaller than they could be.
        return None
    indices = maybe()
    c.step(f'fractionalMaxPool{n}d', [x, kernel_option, {**option, 'randomSamples': samples,
                                                         **({'returnIndices': True} if indices else {})}],
           *([y, i] if indices else [y]))
    return c


def max_unpool(n):
    c = Case()
    kernel = [R.randint(1, 3) for _ in range(n)]
    size = [k * R.randint(1, 4) + R.randint(0, k - 1) for k in kernel]
    batch, channels = R.choice([1, 2]), R.randint(1, 3)
    source = torch.tensor(made((batch, channels, *size), '#', 5))
    y, i = MAX[n](source, kernel, return_indices=True)
    x = c.tensor(list(y.shape))
    indices = c.literal(i.numpy(), 'int32')
    options = given(outputSize=size if [s // k * k for s, k in zip(size, kernel)] != size else pick(size, 0.3))
    unpool = {1: F.max_unpool1d, 2: F.max_unpool2d, 3: F.max_unpool3d}[n]
    c.step(f'maxUnpool{n}d', [x, indices, kernel, options], unpool(x.tensor, i, kernel, output_size=size))
    return c


def unfold_fold(op):
    c = Case()
    while True:
        size = spatial(2, 3, 6)
        kernel_option, kernel = per_axis(2, 1, 3)
        stride_option, stride = per_axis(2, 1, 3)
        dilation_option, dilation = per_axis(2, 1, 2)
        padding_option, padding = per_axis(2, 0, 2)
        out = [(s + 2 * p - d * (k - 1) - 1) // t + 1 for s, p, d, k, t in zip(size, padding, dilation, kernel, stride)]
        if min(s + 2 * p - d * (k - 1) for s, p, d, k in zip(size, padding, dilation, kernel)) >= 1:
            break
    batch, channels = R.choice([1, 2]), R.randint(1, 3)
    options = given(dilation=pick(dilation_option, 1 if max(dilation) > 1 else 0.2), padding=padding_option,
                    stride=stride_option)
    if 'dilation' not in options:
        dilation = [1, 1]
        out = [(s + 2 * p - k) // t + 1 for s, p, k, t in zip(size, padding, kernel, stride)]
    if op == 'unfold':
        x = c.tensor([batch, channels, *size])
        c.step(op, [x, kernel_option, options], F.unfold(x.tensor, kernel, dilation, padding, stride))
    else:
        x = c.tensor([batch, channels * kernel[0] * kernel[1], out[0] * out[1]])
        c.step(op, [x, size, kernel_option, options], F.fold(x.tensor, size, kernel, dilation, padding, stride))
    return c


# ---------------------------------------------------------------- moving, resampling

def pad(n):
    c = Case()
    size = spatial(n, 3, 7)
    mode = R.choice([None, 'constant', 'reflect', 'replicate', 'circular'])
    x = c.tensor([R.choice([1, 2]), R.randint(1, 3), *size])
    if mode in (None, 'constant'):
        pairs = [(R.randint(-1, 3), R.randint(-1, 3)) for _ in range(n)]
    else:
        pairs = [(R.randint(0, min(3, s - 1)), R.randint(0, min(3, s - 1))) for s in size]
    value = R.choice([0, 1.5, -2]) if mode in (None, 'constant') else 0
    padding = [list(p) for p in pairs]
    if maybe(0.2):
        padding = R.randint(0, 2)
        pairs = [(padding, padding)] * n
    y = F.pad(x.tensor, flat(pairs), mode=mode or 'constant', value=value)
    c.step(f'pad{n}d', [x, padding, given(mode=mode, value=value or None)], y)
    return c


def interpolate():
    mode = R.choice(['nearest', 'nearest', 'linear', 'bilinear', 'bilinear', 'bicubic', 'bicubic', 'trilinear'])
    n = {'nearest': R.randint(1, 3), 'linear': 1, 'bilinear': 2, 'bicubic': 2, 'trilinear': 3}[mode]
    # Nearest positions are computed in float32.
    c = Case(torch.float32 if mode == 'nearest' else torch.float64)
    size = spatial(n, 2, 6)
    x = c.tensor([R.choice([1, 2]), R.randint(1, 3), *size])
    align = None if mode == 'nearest' else pick(maybe(), 0.7)
    corners = {} if mode == 'nearest' else {'align_corners': bool(align)}
    if maybe():
        option, target = per_axis(n, 1, {1: 15, 2: 10, 3: 6}[n])
        y = F.interpolate(x.tensor, size=target, mode=mode, **corners)
        given_size = {'size': option}
    else:
        scale = [R.choice([0.5, 0.75, 1.25, 1.5, 2, 2.5]) for _ in range(n)]
        option = scale
        if maybe():
            option = scale[0]
            scale = [option] * n
        if any(int(s * f) < 1 for s, f in zip(size, scale)):
            return None
        # Where the size stays, PyTorch 1.13's gradient of 'nearest' copies, although its forward does not.
        if mode == 'nearest' and any(int(s * f) == s and f != 1 for s, f in zip(size, scale)):
            return None
        y = F.interpolate(x.tensor, scale_factor=scale, mode=mode, **corners)
        given_size = {'scaleFactor': option}
    c.step('interpolate', [x, {**given_size, 'mode': mode, **given(alignCorners=align)}], y)
    return c


def resampling():
    """interpolate's antialias, and its modes of means and of elements nearest to middles."""
    mode = R.choice(['bilinear', 'bicubic', 'area', 'nearest-exact'])
    weighs = mode in ('bilinear', 'bicubic')
    n = 2 if weighs else R.randint(1, 3)
    c = Case(torch.float32 if mode == 'nearest-exact' else torch.float64)
    x = c.tensor([R.choice([1, 2]), R.randint(1, 3), *spatial(n, 2, 6)])
    align = pick(maybe(), 0.5) if weighs else None
    more = {'align_corners': bool(align), 'antialias': True} if weighs else {}
    option, target = per_axis(n, 1, {1: 15, 2: 10, 3: 6}[n])
    y = F.interpolate(x.tensor, size=target, mode=mode, **more)
    options = {'size': option, 'mode': mode, **given(alignCorners=align, antialias=True if weighs else None)}
    c.step('interpolate', [x, options], y)
    return c


def grid_sample():
    c = Case()
    batch, size, out = R.choice([1, 2]), spatial(2, 2, 6), spatial(2, 1, 5)
    mode, border = R.choice([None, 'bilinear', 'nearest', 'bicubic']), R.choice([None, 'zeros', 'border', 'reflection'])
    align = pick(maybe(), 0.7)
    x = c.tensor([batch, R.randint(1, 3), *size])
    if maybe(0.3):
        grid = c.tensor([batch, *out, 2], R.choice('~+'))
    else:
        at = np.array([round(R.uniform(-1.6, 1.6), 3) for _ in range(batch * out[0] * out[1] * 2)])
        at = at.reshape(batch, *out, 2)
        # At a border between elements the slope is what rounding makes of it, in float32 another than here.
        extent = np.array(size[::-1]) - (1 if align else 0)
        halves = (at + 1) * extent - (0 if align else 1)
        if np.abs(halves - np.round(halves)).min() < 1e-5:
            return None
        grid = c.literal(at, grad=True)
    y = F.grid_sample(x.tensor, grid.tensor, mode or 'bilinear', border or 'zeros', bool(align))
    c.step('gridSample', [x, grid, given(mode=mode, paddingMode=border, alignCorners=align)], y)
    return c


def roi_align():
    c = Case()
    batch, size = R.choice([1, 2, 3]), spatial(2, 4, 9)
    x = c.tensor([batch, R.randint(1, 3), *size])
    scale = R.choice([None, 0.5, 0.25, 1])
    rows = []
    for _ in range(R.randint(1, 4)):
        at = [R.uniform(-1, s - 1) / (scale or 1) for s in (size[1], size[0])]
        span = [R.uniform(0.3, s) / (scale or 1) for s in (size[1], size[0])]
        rows.append([R.randint(0, batch - 1), *[round(v, 3) for v in (*at, at[0] + span[0], at[1] + span[1])]])
    boxes = c.literal(np.array(rows))
    option, out = per_axis(2, 1, 4)
    ratio, aligned = R.choice([None, -1, 1, 2, 3]), pick(maybe(), 0.7)
    y = torchvision.ops.roi_align(x.tensor, boxes.tensor, out, scale or 1.0, ratio or -1, bool(aligned))
    c.step('roiAlign', [x, boxes, given(outputSize=option, spatialScale=scale, samplingRatio=ratio, aligned=aligned)], y)
    return c


def shuffle(op):
    c = Case()
    r = R.randint(1, 3)
    size = spatial(2, 1, 4)
    batch, channels = R.choice([1, 2]), R.randint(1, 3)
    if op == 'pixelShuffle':
        x = c.tensor([batch, channels * r * r, *size])
        y = F.pixel_shuffle(x.tensor, r)
    elif op == 'pixelUnshuffle':
        x = c.tensor([batch, channels, size[0] * r, size[1] * r])
        y = F.pixel_unshuffle(x.tensor, r)
    else:
        x = c.tensor([batch, channels * r, *size[:R.randint(1, 2)]])
        y = x.tensor.reshape(batch, r, channels, -1).transpose(1, 2).reshape(x.tensor.shape)
    c.step(op, [x, r], y)
    return c


def shape_of(low=1, high=4, largest=6):
    return [R.randint(1, largest) for _ in range(R.randint(low, high))]


def moving(op):
    c = Case()
    shape = shape_of(2, 4)
    n = len(shape)
    dim = R.randint(-n, n - 1)
    if op == 'concat':
        parts = []
        for _ in range(R.randint(1, 3)):
            own = list(shape)
            own[dim] = R.randint(1, 4)
            parts.append(c.tensor(own))
        c.step(op, [parts, dim], torch.cat([p.tensor for p in parts], dim))
        return c
    if op == 'stack':
        parts = [c.tensor(shape) for _ in range(R.randint(1, 3))]
        dim = R.randint(-n - 1, n)
        c.step(op, [parts, dim], torch.stack([p.tensor for p in parts], dim))
        return c
    if op == 'squeeze':
        shape = [s if maybe() else 1 for s in shape]
        x = c.tensor(shape)
        if maybe(0.3):
            c.step(op, [x], x.tensor.squeeze())
        else:
            c.step(op, [x, dim], x.tensor.squeeze(dim))
        return c
    if op == 'unsqueeze':
        x = c.tensor(shape)
        dim = R.randint(-n - 1, n)
        c.step(op, [x, dim], x.tensor.unsqueeze(dim))
        return c
    x = c.tensor(shape)
    t = x.tensor
    if op == 'split':
        if maybe():
            step = R.randint(1, shape[dim])
            c.step(op, [x, step, dim], *torch.split(t, step, dim))
        else:
            first = R.randint(0, shape[dim])
            sizes = [first, shape[dim] - first]
            c.step(op, [x, sizes, dim], *torch.split(t, sizes, dim))
    elif op == 'slice':
        starts = [R.randint(0, s - 1) for s in shape]
        ends = [R.randint(a + 1, s) for a, s in zip(starts, shape)]
        steps = [R.randint(1, 3) for _ in shape]
        if maybe(0.3):
            starts = [a - s for a, s in zip(starts, shape)]
        y = t[tuple(slice(a % s, b, k) for a, b, k, s in zip(starts, ends, steps, shape))]
        c.step(op, [x, starts, ends, {'steps': steps}], y)
    elif op == 'permute':
        axes = list(range(n))
        R.shuffle(axes)
        c.step(op, [x, axes], t.permute(axes))
    elif op == 'reshape':
        target = [shape[0] * shape[1], *shape[2:]] if maybe() else [-1, shape[-1]]
        c.step(op, [x, target], t.reshape(target))
    else:
        start = R.randint(0, n - 1)
        end = R.randint(start, n - 1)
        c.step(op, [x, start, end], t.flatten(start, end))
    return c


# ---------------------------------------------------------------- by indices, in an order

def repeated(op):
    c = Case()
    shape = shape_of(1, 3, 4)
    if op == 'expand':
        shape = [s if maybe() else 1 for s in shape]
        wanted = [R.randint(1, 3) for _ in range(R.randint(0, 2))]
        wanted += [R.randint(1, 4) if s == 1 else R.choice([s, -1]) for s in shape]
        x = c.tensor(shape)
        c.step(op, [x, wanted], x.tensor.expand(wanted))
    else:
        x = c.tensor(shape)
        repeats = [R.randint(1, 2) for _ in range(R.randint(1, 4))]
        c.step(op, [x, repeats], torch.tile(x.tensor, repeats))
    return c


def indexed(op):
    c = Case()
    if op == 'oneHot':
        classes = R.randint(1, 6)
        ids = c.literal(np.array(R.choices(range(classes), k=6)).reshape(2, 3), 'int32')
        c.step(op, [ids, classes], F.one_hot(ids.tensor, classes))
        return c
    shape = shape_of(1, 4, 5)
    dim = R.randint(-len(shape), len(shape) - 1)
    size, d = shape[dim], dim % len(shape)
    x = c.tensor(shape, '#' if op == 'scatter' else '~')
    if op == 'indexSelect':
        ids = c.literal(R.choices(range(size), k=R.randint(1, 6)), 'int32')
        c.step(op, [x, ids, {'dim': dim}], torch.index_select(x.tensor, dim, ids.tensor))
        return c
    own = [R.randint(1, 7) if a == d else R.randint(1, s) for a, s in enumerate(shape)]
    reduce = R.choice([None, 'add', 'amax', 'amin'])
    if op == 'scatter' and reduce is None:
        # Which of several gets a place is not said by PyTorch: each has its own.
        own[d] = R.randint(1, size)
        ids = np.stack([R.sample(range(size), own[d]) for _ in range(int(np.prod(own)) // own[d])])
        ids = np.moveaxis(ids.reshape([n for a, n in enumerate(own) if a != d] + [own[d]]), -1, d)
    else:
        ids = np.array(R.choices(range(size), k=int(np.prod(own)))).reshape(own)
    ids = c.literal(ids, 'int32')
    if op == 'gather':
        c.step(op, [x, ids, {'dim': dim}], torch.gather(x.tensor, dim, ids.tensor))
        return c
    source = c.tensor(own, '#')
    if reduce in (None, 'add'):
        put = torch.scatter_add if reduce else torch.scatter
        y = put(x.tensor, dim, ids.tensor, source.tensor)
    else:
        y = torch.scatter_reduce(x.tensor, dim, ids.tensor, source.tensor, reduce)
    c.step(op, [x, ids, source, given(dim=dim, reduce=reduce)], y)
    return c


COMPARED = {'equal': 'eq', 'notEqual': 'ne', 'greater': 'gt', 'greaterEqual': 'ge', 'less': 'lt', 'lessEqual': 'le',
            'logicalAnd': 'logical_and', 'logicalOr': 'logical_or', 'logicalXor': 'logical_xor'}


def stretched(shape):
    """A shape that stretches to another."""
    return [1 if maybe(0.3) else n for n in shape][R.randint(0, len(shape)):]


def compared(op):
    c = Case()
    shape = shape_of(1, 3, 5)
    if op == 'isNaN':
        x = np.array([R.choice([0, 1.5, -2, np.nan, np.inf]) for _ in range(int(np.prod(shape)))]).reshape(shape)
        value = torch.tensor(x)
        c.steps.append([op, [{'values': [v if np.isfinite(v) else 'NaN' if np.isnan(v) else 'Infinity'
                                         for v in x.reshape(-1).tolist()], 'shape': shape}]])
        c.results = [torch.isnan(value)]
        return c
    few = lambda shape: c.literal(np.array(R.choices([-1, 0, 0, 1, 2], k=int(np.prod(shape)))).reshape(shape))
    x = few(shape)
    if op == 'logicalNot':
        c.step(op, [x], torch.logical_not(x.tensor))
        return c
    y = few(stretched(shape))
    pair = [y, x] if maybe(0.3) else [x, y]
    c.step(op, pair, getattr(torch, COMPARED[op])(pair[0].tensor, pair[1].tensor))
    return c


def chosen():
    c = Case()
    shape = shape_of(1, 3, 5)
    own = stretched(shape)
    condition = c.literal(np.array(R.choices([0, 1], k=int(np.prod(own)))).reshape(own), 'uint8')
    shapes = [shape, stretched(shape)]
    a, b = (c.tensor(one) for one in (reversed(shapes) if maybe(0.3) else shapes))
    c.step('where', [condition, a, b], torch.where(condition.tensor.bool(), a.tensor, b.tensor))
    return c


def suppressed(op):
    """Boxes that overlap, scores that differ."""
    c = Case()
    n = R.randint(1, 24)
    corners = np.array([[R.randint(0, 12), R.randint(0, 12)] for _ in range(n)])
    sides = np.array([[R.randint(1, 9), R.randint(1, 9)] for _ in range(n)])
    boxes = c.literal(np.concatenate([corners, corners + sides], 1) + R.choice([0, 0.5, -6]))
    scores = c.literal(np.array(R.sample(range(1, 100), n)) / 100)
    threshold = R.choice([0, 0.1, 0.3, 0.5, 0.7, 1])
    of = (boxes.tensor.float(), scores.tensor.float())
    options = {'iouThreshold': threshold}
    if op == 'nms':
        c.step(op, [boxes, scores, options], torchvision.ops.nms(*of, threshold))
    else:
        ids = c.literal(np.array([R.randint(0, 2) for _ in range(n)]), 'int32')
        c.step(op, [boxes, scores, ids, options], torchvision.ops.batched_nms(*of, ids.tensor, threshold))
    return c


def byte_planes():
    """interpolate of bytes, which PyTorch 1.13 has in the nearest modes."""
    c = Case()
    mode, shape = R.choice(['nearest', 'nearest-exact']), [R.choice([1, 2]), R.randint(1, 3), *spatial(2, 2, 6)]
    x = c.literal(np.array([R.randint(0, 255) for _ in range(int(np.prod(shape)))]).reshape(shape), 'uint8')
    option, target = per_axis(2, 1, 10)
    c.step('interpolate', [x, {'size': option, 'mode': mode}], F.interpolate(x.tensor, size=target, mode=mode))
    return c


def ordered(op):
    c = Case()
    shape = shape_of(1, 3, 9)
    dim = R.randint(-len(shape), len(shape) - 1)
    flag = maybe()
    if op == 'sort':
        x = c.tensor(shape, R.choice(['#', '']))
        y, ids = torch.sort(x.tensor, dim=dim, descending=flag, stable=True)
        c.step(op, [x, {'dim': dim, 'descending': flag}], y, ids)
    elif op == 'topK':
        x = c.tensor(shape, '#')
        k = R.randint(1, shape[dim])
        c.step(op, [x, k, {'dim': dim, 'largest': flag}], *torch.topk(x.tensor, k, dim, flag))
    elif op == 'cumSum':
        x = c.tensor(shape)
        c.step(op, [x, dim], torch.cumsum(x.tensor, dim))
    else:
        x = c.tensor(shape + [R.randint(1, 6)])
        diagonal = R.randint(-5, 5)
        c.step(op, [x, diagonal], getattr(torch, op)(x.tensor, diagonal))
    return c


# ---------------------------------------------------------------- linear, activations, arithmetic, sums

def linear():
    c = Case()
    features, out = R.randint(1, 8), R.randint(1, 6)
    x = c.tensor([*shape_of(0, 3, 4), features])
    w = c.tensor([out, features])
    b = c.tensor([out]) if maybe() else None
    c.step('linear', [x, w, b], F.linear(x.tensor, w.tensor, b and b.tensor))
    return c


def matmul():
    c = Case()
    m, k, n = (R.randint(1, 7) for _ in range(3))
    a_batch, b_batch = R.choice([([], []), ([2], [2]), ([3, 1], [2]), ([], [4]), ([2, 3], []), ([2, 1], [2, 3])])
    a_shape, b_shape = [*a_batch, m, k], [*b_batch, k, n]
    if maybe(0.1):
        a_shape = [k]
    elif maybe(0.1):
        b_shape = [k]
    a, b = c.tensor(a_shape), c.tensor(b_shape)
    c.step('matmul', [a, b], torch.matmul(a.tensor, b.tensor))
    return c


def activation(op):
    c = Case()
    kind = R.choice('~##')
    if op in ('log', 'sqrt'):
        kind = '+'
    if op == 'exp':
        kind = '~'
    x = c.tensor(shape_of(1, 4), kind)
    t = x.tensor
    plain = {
        'relu': F.relu, 'relu6': F.relu6, 'selu': F.selu, 'silu': F.silu, 'mish': F.mish,
        'sigmoid': torch.sigmoid, 'tanh': torch.tanh, 'hardSwish': F.hardswish, 'hardSigmoid': F.hardsigmoid,
        'exp': torch.exp, 'log': torch.log, 'sqrt': torch.sqrt, 'abs': torch.abs, 'neg': torch.neg,
        'floor': torch.floor, 'ceil': torch.ceil, 'round': torch.round, 'sign': torch.sign, 'erf': torch.erf,
        'sin': torch.sin, 'cos': torch.cos, 'tan': torch.tan, 'reciprocal': torch.reciprocal,
    }
    if op in plain:
        c.step(op, [x], plain[op](t))
    elif op == 'leakyRelu':
        slope = R.choice([None, 0.2, 1.5, -0.5])
        c.step(op, [x, given(negativeSlope=slope)], F.leaky_relu(t, 0.01 if slope is None else slope))
    elif op == 'softplus':
        beta, threshold = R.choice([None, 0.5, 3]), R.choice([None, 2])
        c.step(op, [x, given(beta=beta, threshold=threshold)], F.softplus(t, beta or 1, threshold or 20))
    elif op == 'elu':
        alpha = R.choice([None, 0.5, 2])
        c.step(op, [x, given(alpha=alpha)], F.elu(t, alpha or 1.0))
    elif op == 'gelu':
        how = R.choice([None, 'none', 'tanh'])
        c.step(op, [x, given(approximate=how)], F.gelu(t, approximate=how or 'none'))
    elif op == 'clip':
        low, high = R.choice([None, -0.3, -1.1]), R.choice([0.4, 1.3])
        c.step(op, [x, low, high], torch.clamp(t, low, high))
    else:
        dim = R.randint(-t.dim(), t.dim() - 1)
        c.step(op, [x, {'dim': dim}], (F.softmax if op == 'softmax' else F.log_softmax)(t, dim))
    return c


def prelu():
    c = Case()
    shape = shape_of(2, 5, 4)
    x = c.tensor(shape, R.choice('~#'))
    w = c.tensor([R.choice([1, shape[1]])])
    c.step('prelu', [x, w], F.prelu(x.tensor, w.tensor))
    return c


def arithmetic(op):
    c = Case()
    shape = shape_of(1, 4, 5)
    kinds = {'div': ('~', '+'), 'pow': ('+', '~'), 'maximum': ('#', '#'), 'minimum': ('#', '#')}.get(op, ('~', '~'))
    a_shape = [1 if maybe(0.2) else s for s in shape]
    b_shape = [1 if maybe(0.3) else s for s in shape][R.randint(0, len(shape)):]
    if maybe(0.3):
        a_shape, b_shape = shape, shape
    function = {'add': torch.add, 'sub': torch.sub, 'mul': torch.mul, 'div': torch.div, 'pow': torch.pow,
                'maximum': torch.maximum, 'minimum': torch.minimum}[op]
    a = c.tensor(a_shape, kinds[0])
    if maybe(0.25):
        b = R.choice([0.5, 2, 3, -1.25])
        y = function(a.tensor, torch.tensor(b, dtype=c.dtype))
        c.step(op, [a, b], y)
        return c
    b = c.tensor(b_shape, kinds[1])
    if maybe(0.2):
        a, b = (b, a) if kinds[0] == kinds[1] else (a, b)
    if b is a:
        return None
    # The order of the tensors is that of the arguments.
    if a.tensor is not c.leaves[0]:
        return None
    c.step(op, [a, b], function(a.tensor, b.tensor))
    return c


def reduction(op):
    c = Case()
    shape = shape_of(1, 4, 5)
    n = len(shape)
    x = c.tensor(shape, '~' if op in ('sum', 'mean', 'variance', 'std') else '#')
    t = x.tensor
    places = op in ('argMax', 'argMin')
    how = R.choice(['all', 'one']) if places else R.choice(['all', 'one', 'list'])
    keep = pick(maybe(), 0.6)
    kept = bool(keep)
    options = given(keepDim=keep)
    dims = sorted(R.sample(range(n), R.randint(1, n)))
    if how == 'one':
        dims = [R.randint(-n, n - 1)]
        options['dim'] = dims[0]
    elif how == 'list':
        options['dim'] = dims
    else:
        dims = list(range(n))
    if places:
        find = t.argmax if op == 'argMax' else t.argmin
        y = find(dims[0], kept) if how == 'one' else find()
        if how == 'all':
            options.pop('keepDim', None)
    elif op in ('variance', 'std'):
        options.update(given(correction=pick(R.choice([0, 1, 2]), 0.6)))
        find = t.var if op == 'variance' else t.std
        y = find(dims, correction=options.get('correction', 1), keepdim=kept)
    else:
        y = {'sum': t.sum, 'mean': t.mean, 'max': t.amax, 'min': t.amin}[op](dims, kept)
    c.step(op, [x, options], y)
    return c


# ---------------------------------------------------------------- losses

LOSSES = {'mseLoss': F.mse_loss, 'l1Loss': F.l1_loss, 'smoothL1Loss': F.smooth_l1_loss, 'huberLoss': F.huber_loss,
          'binaryCrossEntropy': F.binary_cross_entropy,
          'binaryCrossEntropyWithLogits': F.binary_cross_entropy_with_logits, 'klDiv': F.kl_div}
REDUCTIONS = [None, 'mean', 'sum', 'none']


def losses():
    c = Case()
    op = R.choice(list(LOSSES))
    shape = shape_of(0, 4, 5)
    reduction = R.choice(REDUCTIONS + ['batchmean'] * (op == 'klDiv' and len(shape) > 0))
    options, more = given(reduction=reduction), {}
    kind, how = '~', '~'
    if op == 'smoothL1Loss':
        options['beta'] = more['beta'] = R.choice([0.25, 1, 2])
    elif op == 'huberLoss':
        options['delta'] = more['delta'] = R.choice([0.25, 1, 2])
    elif op == 'klDiv':
        options['logTarget'] = more['log_target'] = maybe()
        how = '~' if more['log_target'] else '+'
    if op == 'binaryCrossEntropy':
        size = int(np.prod(shape, dtype=np.int64))
        edges = [0, 1] if maybe(0.3) else []
        values = [R.choice(edges) if edges and maybe(0.3) else round(R.uniform(0.01, 0.99), 4) for _ in range(size)]
        x = c.literal(np.array(values).reshape(shape), grad=True)
        # Of y the gradient is infinite where x is 0 or 1.
        y = c.literal(np.array([round(R.random(), 4) for _ in range(size)]).reshape(shape), grad=not edges)
    else:
        x, y = c.tensor(shape, kind), c.tensor(shape, how)
    if op.startswith('binary'):
        narrow = [1 if maybe(0.3) else s for s in shape[R.randint(0, len(shape)):]]
        if maybe():
            options['weight'] = c.tensor(narrow, '+', grad=False)
            more['weight'] = options['weight'].tensor
        if op.endswith('Logits') and maybe():
            options['posWeight'] = c.tensor(shape[-1:], '+', grad=False)
            more['pos_weight'] = options['posWeight'].tensor
    c.step(op, [x, y, options], LOSSES[op](x.tensor, y.tensor, reduction=reduction or 'mean', **more))
    return c


def class_losses(op):
    c = Case()
    classes, batch = R.choice([1, 2, 3, 5, 10, 17]), shape_of(1, 3, 4)
    if maybe(0.1):
        batch = []
    shape = [*batch[:1], classes, *batch[1:]]
    x = c.tensor(shape)
    options, more = {}, {}
    if op == 'crossEntropy' and maybe(0.3):
        target = c.tensor(shape, '+')
    else:
        ignored = R.choice([None, R.randint(0, classes)])
        count = int(np.prod(batch, dtype=np.int64))
        ids = [R.randrange(classes) for _ in range(count)]
        if count > 1 and maybe(0.5):
            ids[R.randrange(count)] = -100 if ignored is None else ignored
        if all(i == (-100 if ignored is None else ignored) for i in ids):
            return None
        target = c.literal(np.array(ids).reshape(batch), 'int32')
        options.update(given(ignoreIndex=ignored))
        more.update(given(ignore_index=ignored))
    if maybe(0.4):
        options['weight'] = c.tensor([classes], '+', grad=False)
        more['weight'] = options['weight'].tensor
    if op == 'crossEntropy' and maybe(0.4):
        options['labelSmoothing'] = more['label_smoothing'] = R.choice([0.1, 0.3, 1.0])
    reduction = R.choice(REDUCTIONS)
    options.update(given(reduction=reduction))
    find = F.cross_entropy if op == 'crossEntropy' else F.nll_loss
    c.step(op, [x, target, options], find(x.tensor, target.tensor, reduction=reduction or 'mean', **more))
    return c


# ---------------------------------------------------------------- normalisation

def few(x, over):
    """Whether a normalisation has so few values that its gradient is all cancellation."""
    return x.tensor.numel() // over < 5


def affine(c, channels):
    weight = c.tensor([channels], '+') if maybe(0.7) else None
    bias = c.tensor([channels]) if maybe(0.7) else None
    return weight, bias


def of(value):
    return value and value.tensor


def batch_norm():
    c = Case()
    n, channels = R.randint(0, 3), R.randint(1, 4)
    x = c.tensor([R.randint(2, 4), channels, *spatial(max(n, 1), 2, 5)[:n]])
    if few(x, channels):
        return None
    mean = c.tensor([channels], '~', grad=False)
    var = c.tensor([channels], '+', grad=False)
    weight, bias = affine(c, channels)
    training, momentum, eps = pick(maybe(), 0.8), R.choice([None, 0.3]), R.choice([None, 1e-3, 0.1])
    written = [mean.tensor.clone(), var.tensor.clone()]
    y = F.batch_norm(x.tensor, *written, of(weight), of(bias), bool(training), momentum or 0.1, eps or 1e-5)
    if training:
        c.written = {1: written[0], 2: written[1]}
    c.step('batchNorm', [x, mean, var, weight, bias, given(training=training, momentum=momentum, eps=eps)], y)
    return c


def group_norm():
    c = Case()
    groups = R.randint(1, 3)
    channels = groups * R.randint(1, 3)
    x = c.tensor([R.randint(1, 3), channels, *spatial(2, 2, 5)[:R.randint(1, 2)]])
    if few(x, x.tensor.shape[0] * groups):
        return None
    weight, bias = affine(c, channels)
    eps = R.choice([None, 1e-3, 0.1])
    # PyTorch 1.13 cannot differentiate a shift without a scale.
    ones = torch.ones(channels, dtype=c.dtype)
    y = F.group_norm(x.tensor, groups, of(weight) if weight else ones, of(bias), eps or 1e-5)
    c.step('groupNorm', [x, groups, weight, bias, given(eps=eps)], y)
    return c


def instance_norm():
    c = Case()
    n, channels = R.randint(1, 3), R.randint(1, 3)
    x = c.tensor([R.randint(1, 3), channels, *spatial(n, 2, 5)])
    if few(x, x.tensor.shape[0] * channels):
        return None
    weight, bias = affine(c, channels)
    eps = R.choice([None, 1e-3, 0.1])
    y = F.instance_norm(x.tensor, weight=of(weight), bias=of(bias), eps=eps or 1e-5)
    c.step('instanceNorm', [x, weight, bias, given(eps=eps)], y)
    return c


def layer_norm():
    c = Case()
    shape = shape_of(2, 4, 5)
    normal = shape[R.randint(1, len(shape) - 1):]
    if int(np.prod(normal)) < 5:
        return None
    x = c.tensor(shape)
    weight = c.tensor(normal, '+') if maybe(0.7) else None
    bias = c.tensor(normal) if maybe(0.7) else None
    eps = R.choice([None, 1e-3, 0.1])
    y = F.layer_norm(x.tensor, normal, of(weight), of(bias), eps or 1e-5)
    option = normal[0] if len(normal) == 1 and maybe() else normal
    c.step('layerNorm', [x, option, weight, bias, given(eps=eps)], y)
    return c


def local_response_norm():
    c = Case()
    n = R.randint(1, 3)
    x = c.tensor([R.choice([1, 2]), R.randint(1, 7), *spatial(n, 2, 4)], R.choice('~#'))
    size = R.choice([1, 2, 3, 4, 5])
    alpha, beta, k = R.choice([None, 0.1, 1]), R.choice([None, 0.5, 1]), R.choice([None, 2])
    y = F.local_response_norm(x.tensor, size, 1e-4 if alpha is None else alpha, beta or 0.75, k or 1.0)
    c.step('localResponseNorm', [x, size, given(alpha=alpha, beta=beta, k=k)], y)
    return c


def dropout(op):
    c = Case()
    x = c.tensor([2, 3, *spatial({'dropout': 1, 'dropout1d': 1, 'dropout2d': 2, 'dropout3d': 3}[op], 2, 4)])
    if maybe():
        c.step(op, [x, {'training': False, 'p': R.choice([0.3, 1])}], x.tensor * 1)
    else:
        p = R.choice([0, 1])
        c.step(op, [x, {'training': True, 'p': p}], x.tensor * (1 - p))
    return c


# ---------------------------------------------------------------- networks

def net():
    """A chain of operators with branches, as networks have it."""
    c = Case()
    batch, channels = R.choice([1, 2]), R.randint(1, 3)
    h = c.tensor([batch, channels, *spatial(2, 6, 9)])

    def one(op, args, y):
        return c.step(op, args, y)[0]

    def convolve(h):
        channels, (rows, columns) = h.tensor.shape[1], h.tensor.shape[2:]
        k = R.choice([1, 2, 3])
        if min(rows, columns) < k:
            return h
        padding = R.randint(0, k // 2)
        stride = R.choice([1, 1, 2])
        groups = channels if maybe(0.2) else 1
        co = channels if groups > 1 else R.randint(1, 4)
        w = c.tensor([co, channels // groups, k, k])
        b = c.tensor([co]) if maybe() else None
        y = F.conv2d(h.tensor, w.tensor, of(b), stride, padding, 1, groups)
        return one('conv2d', [h, w, b, {'stride': stride, 'padding': padding, 'groups': groups}], y)

    def upsample(h):
        channels, out = h.tensor.shape[1], R.randint(1, 3)
        if h.tensor.numel() > 300:
            return h
        w = c.tensor([channels, out, 2, 2])
        y = F.conv_transpose2d(h.tensor, w.tensor, None, 2)
        return one('convTranspose2d', [h, w, None, {'stride': 2}], y)

    def normalise(h):
        channels = h.tensor.shape[1]
        if few(h, channels):
            return h
        how = R.choice(['batch', 'batchTraining', 'group', 'instance'])
        if how == 'instance' and few(h, h.tensor.shape[0] * channels):
            how = 'batch'
        if how == 'group' and few(h, h.tensor.shape[0] * channels):
            how = 'batch'
        if how.startswith('batch'):
            mean, var = c.tensor([channels], '~', False), c.tensor([channels], '+', False)
            w, b = c.tensor([channels], '+'), c.tensor([channels])
            training = how != 'batch'
            t_mean = len(c.leaves) - 4
            copies = [mean.tensor.clone(), var.tensor.clone()]
            y = F.batch_norm(h.tensor, *copies, w.tensor, b.tensor, training, 0.1, 0.01)
            if training:
                c.written.update({t_mean: copies[0], t_mean + 1: copies[1]})
            return one('batchNorm', [h, mean, var, w, b, {'training': training, 'eps': 0.01}], y)
        w, b = c.tensor([channels], '+'), c.tensor([channels])
        if how == 'group':
            return one('groupNorm', [h, channels if channels % 2 else 2, w, b, {'eps': 0.01}],
                       F.group_norm(h.tensor, channels if channels % 2 else 2, w.tensor, b.tensor, 0.01))
        return one('instanceNorm', [h, w, b, {'eps': 0.01}],
                   F.instance_norm(h.tensor, weight=w.tensor, bias=b.tensor, eps=0.01))

    def activate(h):
        op, f = R.choice([('relu', F.relu), ('silu', F.silu), ('gelu', F.gelu), ('tanh', torch.tanh),
                          ('hardSwish', F.hardswish), ('mish', F.mish), ('sigmoid', torch.sigmoid), ('elu', F.elu)])
        return one(op, [h], f(h.tensor))

    def pool(h):
        if min(h.tensor.shape[2:]) < 2:
            return h
        op, f = R.choice([('maxPool2d', F.max_pool2d), ('avgPool2d', F.avg_pool2d)])
        stride = R.choice([1, 2])
        return one(op, [h, 2, {'stride': stride}], f(h.tensor, 2, stride))

    def residual(h):
        other = activate(convolve_same(h))
        op, f = R.choice([('add', torch.add), ('mul', torch.mul), ('sub', torch.sub)])
        return one(op, [h, other], f(h.tensor, other.tensor))

    def convolve_same(h):
        channels = h.tensor.shape[1]
        w = c.tensor([channels, channels, 3, 3])
        return one('conv2d', [h, w, None, {'padding': 'same'}], F.conv2d(h.tensor, w.tensor, None, 1, 1))

    def branch(h):
        if h.tensor.numel() > 500:
            return h
        a, b = convolve_same(h), activate(h)
        parts = [a, h, b] if maybe() else [b, a]
        return one('concat', [parts, 1], torch.cat([p.tensor for p in parts], 1))

    def attend(h):
        channels = h.tensor.shape[1]
        g = one('globalAvgPool', [h], h.tensor.mean([2, 3], True))
        w = c.tensor([channels, channels, 1, 1])
        g = one('conv2d', [g, w], F.conv2d(g.tensor, w.tensor))
        g = one('sigmoid', [g], torch.sigmoid(g.tensor))
        return one('mul', [h, g], h.tensor * g.tensor)

    def enlarge(h):
        if h.tensor.numel() > 300:
            return h
        return one('interpolate', [h, {'scaleFactor': 2, 'mode': 'bilinear'}],
                   F.interpolate(h.tensor, scale_factor=2, mode='bilinear', align_corners=False))

    def border(h):
        return one('pad2d', [h, [[1, 0], [0, 1]], {'mode': 'replicate'}],
                   F.pad(h.tensor, [0, 1, 1, 0], mode='replicate'))

    parts = [convolve, convolve, normalise, activate, pool, residual, branch, attend, enlarge, border, upsample]
    h = activate(normalise(convolve(h)))
    for _ in range(R.randint(2, 6)):
        h = R.choice(parts)(h)
    if maybe(0.7):
        if h.tensor.numel() // batch > 60:
            h = one('adaptiveAvgPool2d', [h, 2], F.adaptive_avg_pool2d(h.tensor, 2))
        h = one('flatten', [h, 1], h.tensor.flatten(1))
        out = R.randint(2, 5)
        w, b = c.tensor([out, h.tensor.shape[1]]), c.tensor([out])
        h = one('linear', [h, w, b], F.linear(h.tensor, w.tensor, b.tensor))
        if maybe():
            h = one('logSoftmax', [h, {'dim': 1}], F.log_softmax(h.tensor, 1))
        if maybe(0.3):
            h = one('mean', [h], h.tensor.mean())
    return c


def table():
    """operator -> (how many cases, their generator)."""
    rows = {}
    for n, count in ((1, 18), (2, 36), (3, 14)):
        rows[f'conv{n}d'] = (count, lambda n=n: conv(n))
        rows[f'convTranspose{n}d'] = (count * 2 // 3, lambda n=n: conv_transpose(n))
        rows[f'separableConv{n}d'] = (6, lambda n=n: separable_conv(n))
        rows[f'maxPool{n}d'] = (10, lambda n=n: max_pool(n))
        rows[f'minPool{n}d'] = (5, lambda n=n: max_pool(n, -1))
        rows[f'avgPool{n}d'] = (10, lambda n=n: avg_pool(n))
        rows[f'sumPool{n}d'] = (4, lambda n=n: avg_pool(n, 'sum'))
        rows[f'lpPool{n}d'] = (6, lambda n=n: lp_pool(n))
        rows[f'adaptiveAvgPool{n}d'] = (6, lambda n=n: adaptive_pool(n, 'Avg'))
        rows[f'adaptiveMaxPool{n}d'] = (6, lambda n=n: adaptive_pool(n, 'Max'))
        rows[f'maxUnpool{n}d'] = (5, lambda n=n: max_unpool(n))
        rows[f'pad{n}d'] = (8, lambda n=n: pad(n))
        rows[f'dropout{n}d'] = (2, lambda n=n: dropout(f'dropout{n}d'))
    for n in (2, 3):
        rows[f'fractionalMaxPool{n}d'] = (8, lambda n=n: fractional_pool(n))
    rows['dropout'] = (2, lambda: dropout('dropout'))
    rows['deformConv2d'] = (24, deform_conv)
    rows['spatialSeparableConv2d'] = (10, spatial_separable_conv)
    rows['globalAvgPool'] = (4, lambda: global_pool('Avg'))
    rows['globalMaxPool'] = (4, lambda: global_pool('Max'))
    rows['unfold'] = (8, lambda: unfold_fold('unfold'))
    rows['fold'] = (8, lambda: unfold_fold('fold'))
    rows['interpolate'] = (32, interpolate)
    rows['resampling'] = (32, resampling)
    rows['gridSample'] = (28, grid_sample)
    rows['roiAlign'] = (20, roi_align)
    for op in ('pixelShuffle', 'pixelUnshuffle', 'channelShuffle'):
        rows[op] = (3, lambda op=op: shuffle(op))
    for op in ('concat', 'split', 'slice', 'permute', 'reshape', 'flatten'):
        rows[op] = (5, lambda op=op: moving(op))
    rows['linear'] = (8, linear)
    rows['matmul'] = (12, matmul)
    for op in ('relu', 'relu6', 'selu', 'silu', 'mish', 'softplus', 'sigmoid', 'tanh', 'hardSwish', 'hardSigmoid',
               'exp', 'log', 'sqrt', 'abs', 'neg', 'floor', 'ceil', 'round', 'sign', 'erf', 'sin', 'cos', 'tan',
               'reciprocal'):
        rows[op] = (3, lambda op=op: activation(op))
    for op in ('leakyRelu', 'elu', 'gelu', 'clip', 'softmax', 'logSoftmax'):
        rows[op] = (5, lambda op=op: activation(op))
    rows['prelu'] = (5, prelu)
    for op in ('add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'):
        rows[op] = (6, lambda op=op: arithmetic(op))
    for op in ('sum', 'mean', 'max', 'min', 'argMax'):
        rows[op] = (6, lambda op=op: reduction(op))
    rows['batchNorm'] = (14, batch_norm)
    rows['groupNorm'] = (8, group_norm)
    rows['instanceNorm'] = (8, instance_norm)
    rows['layerNorm'] = (8, layer_norm)
    rows['localResponseNorm'] = (10, local_response_norm)
    for op in ('argMin', 'variance', 'std'):
        rows[op] = (8, lambda op=op: reduction(op))
    for op in ('stack', 'squeeze', 'unsqueeze'):
        rows[op] = (6, lambda op=op: moving(op))
    for op in ('expand', 'tile'):
        rows[op] = (6, lambda op=op: repeated(op))
    for op in ('indexSelect', 'gather', 'scatter', 'oneHot'):
        rows[op] = (12 if op == 'scatter' else 6, lambda op=op: indexed(op))
    for op in ('sort', 'topK', 'cumSum', 'triu', 'tril'):
        rows[op] = (6, lambda op=op: ordered(op))
    for op in (*COMPARED, 'logicalNot', 'isNaN'):
        rows[op] = (6, lambda op=op: compared(op))
    rows['where'] = (14, chosen)
    for op in ('nms', 'batchedNms'):
        rows[op] = (12, lambda op=op: suppressed(op))
    rows['bytes'] = (8, byte_planes)
    rows['losses'] = (60, losses)
    rows['crossEntropy'] = (50, lambda: class_losses('crossEntropy'))
    rows['nllLoss'] = (20, lambda: class_losses('nllLoss'))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--cases', type=int, default=1000, help='of single operators; table() says in which proportion')
    parser.add_argument('--nets', type=int, default=80)
    parser.add_argument('--op', default=None, help='these operators only, with commas between')
    parser.add_argument('--out', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), 'torch.values'))
    options = parser.parse_args()
    R.seed(options.seed)
    wanted = options.op and options.op.split(',')
    rows = {op: row for op, row in table().items() if wanted is None or op in wanted}
    scale = options.cases / max(1, sum(count for count, _ in rows.values()))
    plan = [(op, make, max(1, round(count * scale))) for op, (count, make) in rows.items()]
    plan.append(('network', net, options.nets if wanted is None or 'network' in wanted else 0))
    heads, blobs = [], []
    for op, make, count in plan:
        done = 0
        while done < count:
            case = make()
            found = case and case.finish(f'{op} {done}')
            if found:
                heads.append(found[0])
                blobs.append(found[1])
                done += 1
    text = json.dumps(heads, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 4)
    blob = np.concatenate(blobs).astype('<f4').tobytes()
    with gzip.GzipFile(options.out, 'wb', 9, mtime=0) as file:
        file.write(struct.pack('<I', len(text)) + text + blob)
    print(f'{len(heads)} cases, {len(blob) // 4} numbers, {os.path.getsize(options.out)} bytes: {options.out}')


main()
