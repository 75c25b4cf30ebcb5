# The peer of training-process.mjs: the same networks, numbers and steps in PyTorch.
# `python3 training.py lenet|resnet20 BATCH THREADS`
import json
import math
import sys
import time

try:
    import torch
except ImportError:
    print("missing", flush=True)
    sys.exit()
from torch.nn import functional as F

FIRST = 5
name, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)


def spread(shape, seed, scale):
    i = torch.arange(math.prod(shape), dtype=torch.int64)
    each = (i * i * 7919 + i * 104_729 + seed * 1_299_709) % 65_537
    return (scale * (2 * each.to(torch.float64) / 65_537 - 1)).to(torch.float32).reshape(shape)


parameters = []


def weight(shape):
    made = spread(shape, len(parameters), math.sqrt(3 / math.prod(shape[1:]))).requires_grad_()
    parameters.append(made)
    return made


def constant(size, value):
    made = torch.full([size], float(value), requires_grad=True)
    parameters.append(made)
    return made


def lenet():
    layers = [(weight(s), constant(s[0], 0)) for s in ([6, 1, 5, 5], [16, 6, 5, 5], [120, 400], [84, 120], [10, 84])]

    def forward(x):
        h = F.max_pool2d(F.relu(F.conv2d(x, *layers[0], padding=2)), 2)
        h = F.max_pool2d(F.relu(F.conv2d(h, *layers[1])), 2).flatten(1)
        return F.linear(F.relu(F.linear(F.relu(F.linear(h, *layers[2])), *layers[3])), *layers[4])

    return [1, 28, 28], forward


def resnet20():
    def convolution(inputs, outputs, kernel, stride):
        kernels = weight([outputs, inputs, kernel, kernel])
        scale, shift = constant(outputs, 1), constant(outputs, 0)
        mean, variance = torch.zeros(outputs), torch.ones(outputs)

        def run(x):
            y = F.conv2d(x, kernels, None, stride=stride, padding=kernel // 2)
            return F.batch_norm(y, mean, variance, scale, shift, training=True)

        return run

    def block(inputs, outputs, stride):
        first, second = convolution(inputs, outputs, 3, stride), convolution(outputs, outputs, 3, 1)
        shortcut = convolution(inputs, outputs, 1, stride) if stride == 2 else (lambda x: x)
        return lambda x: F.relu(second(F.relu(first(x))) + shortcut(x))

    stem = convolution(3, 16, 3, 1)
    blocks = []
    inputs = 16
    for outputs in (16, 32, 64):
        for _ in range(3):
            blocks.append(block(inputs, outputs, 1 if inputs == outputs else 2))
            inputs = outputs
    w, b = weight([10, 64]), constant(10, 0)

    def forward(x):
        h = F.relu(stem(x))
        for one in blocks:
            h = one(h)
        return F.linear(F.adaptive_avg_pool2d(h, 1).flatten(1), w, b)

    return [3, 32, 32], forward


shape, forward = {"lenet": lenet, "resnet20": resnet20}[name]()
x = spread([batch, *shape], 99, 1)
classes = torch.arange(batch) % 10
optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def step():
    loss = F.cross_entropy(forward(x), classes)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def peak():
    """The most bytes that a step's tensors have at a time, by what PyTorch's allocator says; those of oneDNN are not among them."""
    optimizer.zero_grad(set_to_none=True)
    with torch.autograd.profiler.profile(profile_memory=True) as profile:
        step()
    now = most = 0
    for event in sorted(profile.kineto_results.events(), key=lambda event: event.start_us()):
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    return most


losses = [step() for _ in range(FIRST)]
version = f"PyTorch {torch.__version__}"
print(json.dumps({"version": version, "threads": threads, "losses": losses, "bytes": peak()}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        step()
    print(1000 * (time.perf_counter() - start), flush=True)
