# The peer of training.mjs: the same steps in PyTorch on one thread. For each line on stdin it does so many steps and prints
# the seconds that they took and the last loss.
import sys
import time

try:
    import torch
except ImportError:
    print("missing", flush=True)
    sys.exit()
from torch.nn import functional as F

torch.set_num_threads(1)
BATCH = int(sys.argv[1])


def waves(shape, k, scale):
    count = 1
    for size in shape:
        count *= size
    return (torch.sin(torch.arange(count, dtype=torch.float64) * 1.3 + k) * scale).to(torch.float32).reshape(shape)


def weights(shape, k):
    fan = 1
    for size in shape[1:]:
        fan *= size
    return waves(shape, k, fan**-0.5).requires_grad_()


shapes = [[6, 1, 5, 5], [16, 6, 5, 5], [120, 400], [84, 120], [10, 84]]
parameters = []
for k, shape in enumerate(shapes):
    parameters += [weights(shape, k), torch.zeros(shape[0], requires_grad=True)]
optimizer = torch.optim.SGD(parameters, lr=0.05)
x = waves([BATCH, 1, 28, 28], 9, 1)
y = torch.arange(BATCH) % 10


def step():
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = parameters
    h = F.max_pool2d(F.relu(F.conv2d(x, w1, b1, padding=2)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, w2, b2)), 2).flatten(1)
    h = F.linear(F.relu(F.linear(F.relu(F.linear(h, w3, b3)), w4, b4)), w5, b5)
    loss = F.cross_entropy(h, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


print(torch.__version__, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        loss = step()
    print(time.perf_counter() - start, loss.item(), flush=True)
