"""Reads the files that are named on the command line with numpy and safetensors, and prints what is in them as JSON."""

import json
import sys

import numpy as np
from safetensors import safe_open


def described(array):
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": [float(one) for one in array.flatten()]}


found = {}
for file in sys.argv[1:]:
    if file.endswith(".safetensors"):
        with safe_open(file, "np") as tensors:
            found[file] = {name: described(tensors.get_tensor(name)) for name in tensors.keys()} | {"metadata": tensors.metadata()}
    elif file.endswith(".npz"):
        found[file] = {name: described(array) for name, array in np.load(file).items()}
    else:
        found[file] = described(np.load(file))
print(json.dumps(found))
