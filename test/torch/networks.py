#!/usr/bin/python3
"""What torchvision's ResNet-18 and MobileNet-v2 give with state dicts of drawn values: writes networks.json beside this file.

    python3 test/torch/networks.py          Debian's python3-torch and python3-torchvision suffice

The state dicts are too large to be kept; networks.test.ts draws the same values. Tensor t of a dict, in its order, has the reals
in [-1, 1) of the seed 1000 t + size (test/support/calls.ts), scaled by what the name says; the input is tensor 999. The file has
the dict's names and shapes and the scores that float64 gives.
"""
import json
import pathlib

import numpy as np
import torch
import torchvision

SIDE = 96


def reals(size, t):
    """mulberry32 from the seed 1000 t + size, as test/support/random.ts has it."""
    with np.errstate(over='ignore'):
        s = np.uint32(1000 * t + size) + np.uint32(0x6D2B79F5) * np.arange(1, size + 1, dtype=np.uint32)
        m = (s ^ (s >> np.uint32(15))) * (s | np.uint32(1))
        m = m ^ (m + (m ^ (m >> np.uint32(7))) * (m | np.uint32(61)))
    return (2 * ((m ^ (m >> np.uint32(14))) / 2**32) - 1).astype(np.float32)


def value(name, shape, t):
    size = int(np.prod(shape, dtype=np.int64))
    drawn = reals(size, t).astype(np.float64)
    if name.endswith('running_var'):
        made = 1 + drawn / 2
    elif len(shape) == 1 and name.endswith('weight'):
        made = 1 + drawn / 4
    elif len(shape) == 1:
        made = drawn / 8
    else:
        made = drawn * np.sqrt(6 / (size / shape[0]))
    return torch.tensor(made.astype(np.float32).reshape(shape))


def network(make):
    net = make().eval()
    names = list(net.state_dict().items())
    state = {name: x if name.endswith('num_batches_tracked') else value(name, list(x.shape), t) for t, (name, x) in enumerate(names)}
    net.load_state_dict(state)
    x = torch.tensor(reals(2 * 3 * SIDE * SIDE, 999).reshape(2, 3, SIDE, SIDE))
    with torch.no_grad():
        scores = net.double()(x.double()).float()
    return {
        'state': [[name, *x.shape] for name, x in names],
        'scores': [float(f'{one:.8g}') for one in scores.flatten().tolist()],
    }


made = {name: network(getattr(torchvision.models, name)) for name in ['resnet18', 'mobilenet_v2']}
folder = pathlib.Path(__file__).parent
text = json.dumps(made, separators=(',', ':'))
(folder / 'networks.json').write_text(text.replace('"scores"', '\n"scores"').replace('],[', '],\n[') + '\n')
