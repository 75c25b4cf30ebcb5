#!/usr/bin/python3
"""The losses of 200 steps of a small network, by each of PyTorch's optimisers: what test/train/optimizers.test.ts compares with.

    python3 test/train/generate.py

Debian's python3-torch 1.13 suffices. The network, its values and its batches are those of test/train/network.ts. The file,
test/train/optimizers.values, is the gzip of: the length of a JSON text (uint32, little endian), the text, a list of the
optimisers' names, classes, options of each group, and then the losses of each as float32.
"""
import gzip
import json
import os
import struct

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
STEPS, BATCHES, COUNT, SIDE, CHANNELS, OUTPUTS = 200, 4, 8, 8, 4, 3


class Numbers:
    """Linear congruential, as test/train/network.ts has it: -1 to 1."""

    def __init__(self, seed):
        self.state = seed

    def tensor(self, *shape, scale=1.0):
        size = 1
        for axis in shape:
            size *= axis
        values = []
        for _ in range(size):
            self.state = (self.state * 1664525 + 1013904223) % 2**32
            values.append((self.state / 2**31 - 1) * scale)
        return torch.tensor(values, dtype=torch.float32).reshape(shape)


def losses(make):
    numbers = Numbers(7)
    conv = numbers.tensor(CHANNELS, 1, 3, 3, scale=0.4).requires_grad_()
    shift = numbers.tensor(CHANNELS, scale=0.1).requires_grad_()
    head = numbers.tensor(OUTPUTS, CHANNELS * SIDE * SIDE // 4, scale=0.2).requires_grad_()
    bias = numbers.tensor(OUTPUTS, scale=0.1).requires_grad_()
    batches = [(numbers.tensor(COUNT, 1, SIDE, SIDE), numbers.tensor(COUNT, OUTPUTS)) for _ in range(BATCHES)]
    optimizer = make([conv, shift], [head, bias])
    found = []
    for step in range(STEPS):
        x, target = batches[step % BATCHES]
        y = F.max_pool2d(torch.relu(F.conv2d(x, conv, shift, padding=1)), 2).flatten(1)
        loss = ((F.linear(y, head, bias) - target) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


# Name, class, options of all; or options of the convolution's group and of the head's.
CASES = [
    ['SGD', 'SGD', {'lr': 0.1}],
    ['SGD with momentum', 'SGD', {'lr': 0.01, 'momentum': 0.9}],
    ['SGD with dampened momentum', 'SGD', {'lr': 0.02, 'momentum': 0.9, 'dampening': 0.5}],
    ["SGD with Nesterov's momentum", 'SGD', {'lr': 0.01, 'momentum': 0.9, 'nesterov': True}],
    ['SGD with weight decay', 'SGD', {'lr': 0.02, 'momentum': 0.5, 'weightDecay': 0.05}],
    ['SGD of two groups', 'SGD', {'lr': 0.002, 'weightDecay': 0.1}, {'lr': 0.02, 'momentum': 0.9}],
    ['Adam', 'Adam', {'lr': 0.002}],
    ['Adam with weight decay', 'Adam', {'lr': 0.002, 'weightDecay': 0.05, 'betas': [0.8, 0.99]}],
    ['Adam with the largest squares', 'Adam', {'lr': 0.002, 'amsgrad': True, 'eps': 1e-6}],
    ['AdamW', 'AdamW', {'lr': 0.002, 'weightDecay': 0.1}],
    ['AdamW with the largest squares', 'AdamW', {'lr': 0.002, 'amsgrad': True}],
    ['AdamW of two groups', 'AdamW', {'lr': 0.0005}, {'lr': 0.002, 'weightDecay': 0, 'betas': [0.5, 0.9]}],
    ['RMSprop', 'RMSprop', {'lr': 0.001}],
    ['RMSprop, centered', 'RMSprop', {'lr': 0.003, 'centered': True, 'alpha': 0.9}],
    ['RMSprop with momentum', 'RMSprop', {'lr': 0.0005, 'momentum': 0.8, 'weightDecay': 0.01}],
    ['RMSprop, centered, with momentum', 'RMSprop', {'lr': 0.0005, 'momentum': 0.5, 'centered': True}],
]


def pythonic(options):
    return {'weight_decay' if key == 'weightDecay' else key: value for key, value in options.items()}


def make(kind, groups):
    def made(first, second):
        cls = getattr(torch.optim, kind)
        if len(groups) == 1:
            return cls(first + second, **pythonic(groups[0]))
        return cls([{'params': p, **pythonic(g)} for p, g in zip([first, second], groups)], lr=0.1)

    return made


if __name__ == '__main__':
    heads = [{'name': name, 'optimizer': kind, 'groups': groups} for name, kind, *groups in CASES]
    text = json.dumps(heads, separators=(',', ':')).encode()
    numbers = [loss for name, kind, *groups in CASES for loss in losses(make(kind, groups))]
    body = struct.pack('<I', len(text)) + text + struct.pack(f'<{len(numbers)}f', *numbers)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'optimizers.values')
    with open(path, 'wb') as file:
        file.write(gzip.compress(body, 9, mtime=0))
    for i, head in enumerate(heads):
        print(head['name'], numbers[i * STEPS], numbers[(i + 1) * STEPS - 1])
