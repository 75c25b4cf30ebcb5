"""PyTorch's values for test/analyze/inside.test.ts: python3 test/analyze/generate.py > test/analyze/inside.json, then npm run format.

A small net whose weights are a formula, so that they need not be written down.
"""
import json

import torch
import torch.nn.functional as F


def values(shape, scale, shift=0.0):
    size = 1
    for axis in shape:
        size *= axis
    numbers = [((i * 7919 + 13) % 101 - 50) / 50 * scale + shift for i in range(size)]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape)


w1, b1 = values([4, 1, 3, 3], 0.6), values([4], 0.1)
w2, b2 = values([5, 4, 3, 3], 0.4), values([5], 0.1)
w3, b3 = values([3, 5 * 3 * 3], 0.3), values([3], 0.1)
x = values([1, 1, 12, 12], 1.0, 0.2)


def forward(x, relu=F.relu):
    a = relu(F.conv2d(x, w1, b1, padding=1))
    p = F.max_pool2d(a, 2)
    maps = relu(F.conv2d(p, w2, b2, padding=1))
    q = F.max_pool2d(maps, 2)
    return maps, F.linear(q.flatten(1), w3, b3)


def with_rule(rule):
    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z.clamp(min=0)

        @staticmethod
        def backward(ctx, dy):
            (z,) = ctx.saved_tensors
            dy = dy.clamp(min=0)
            return dy * (z > 0) if rule == "guided" else dy

    return Rule.apply


found = {}
x.requires_grad_()
maps, scores = forward(x)
found["maps"] = maps
found["scores"] = scores
found["saliency"] = torch.autograd.grad(scores[0, 1], x, retain_graph=True)[0].abs()
(dmaps,) = torch.autograd.grad(scores[0, 1], maps, retain_graph=True)
found["gradCam"] = (dmaps.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).clamp(min=0)
found["effective"] = torch.autograd.grad(maps[0, 2, 3, 1], x)[0].abs()
_, scores = forward(x, with_rule("guided"))
found["guided"] = torch.autograd.grad(scores[0, 1], x)[0]
maps, _ = forward(x, with_rule("deconvnet"))
plane = maps[0, 3].flatten()
best = int(plane.argmax())
found["strongest"] = torch.autograd.grad(plane[best] * plane[best].detach(), x, retain_graph=True)[0]
found["map"] = torch.autograd.grad((plane * plane.detach()).sum(), x)[0]
falls = []
with torch.no_grad():
    whole = forward(x)[1][0, 1]
    for top in (0, 3, 6, 8):
        for left in (0, 3, 6, 8):
            covered = x.clone()
            covered[:, :, top : top + 4, left : left + 4] = 0.5
            falls.append(float(whole - forward(covered)[1][0, 1]))
out = {name: [float(f"{v:.7g}") for v in value.detach().flatten().tolist()] for name, value in found.items()}
out["occlusion"] = [float(f"{v:.7g}") for v in falls]
print(json.dumps(out))
