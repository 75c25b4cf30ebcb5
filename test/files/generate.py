"""Files that numpy and safetensors wrote, and what is in them: writes references.json beside this file.

    python3 generate.py          needs numpy, safetensors and ml_dtypes (bfloat16); then npm run format
"""

import base64
import io
import json
import pathlib

import ml_dtypes
import numpy as np
from numpy.lib import format as npy
from safetensors.numpy import save


def text(data):
    return base64.b64encode(data).decode()


def expected(array):
    """What the library makes of an array: its dtype, shape and values."""
    kind = array.dtype.kind
    if kind in "iu":
        dtype = array.dtype.name if array.dtype.itemsize == 1 else "int32"
    else:
        dtype = "uint8" if kind == "b" else "float32"
    values = [float(np.float32(one)) for one in array.flatten().tolist()] if dtype == "float32" else [int(one) for one in array.flatten()]
    return {
        "dtype": dtype,
        "shape": list(array.shape),
        "values": " ".join(str(one) for one in values),
    }


def npy_file(array, version=None):
    file = io.BytesIO()
    npy.write_array(file, array, version)
    return file.getvalue()


def samples():
    rng = np.random.default_rng(7)
    for name in ["float16", "float32", "float64"]:
        values = rng.standard_normal(24).astype(name)
        values[:6] = [0.0, -0.0, np.inf, -np.inf, np.nan, np.finfo(name).smallest_subnormal if name != "float64" else 1e-30]
        yield name, values.reshape(2, 3, 4)
    for name in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
        low, high = max(np.iinfo(name).min, -(2**31)), min(np.iinfo(name).max, 2**31 - 1)
        values = rng.integers(low, high, 24, endpoint=True).astype(name)
        values[:2] = [low, high]
        yield name, values.reshape(2, 3, 4)
    yield "bool", rng.integers(0, 2, 24).astype(bool).reshape(2, 3, 4)


def arrays():
    """Names and bytes of .npy files, and their arrays."""
    for name, array in samples():
        for order in "<>":
            own = array.astype(array.dtype.newbyteorder(order))
            yield f"{name} {'little' if order == '<' else 'big'} endian", npy_file(own), array
        yield f"{name} in Fortran order", npy_file(np.asfortranarray(array)), array
    plain = np.arange(6, dtype=np.float32).reshape(2, 3)
    for version in [(1, 0), (2, 0), (3, 0)]:
        yield f"version {version[0]}", npy_file(plain, version), plain
    yield "a scalar", npy_file(np.array(2.5, np.float32)), np.array(2.5, np.float32)
    yield "a row", npy_file(plain[0]), plain[0]
    yield "nothing in it", npy_file(plain[:0]), plain[:0]
    many = np.arange(256, dtype=np.int32).reshape([2] * 8)
    yield "eight axes in Fortran order", npy_file(np.asfortranarray(many)), many


def main():
    made = {"npy": [{"name": name, "bytes": text(data), **expected(array)} for name, data, array in arrays()]}

    several = {"weight": np.arange(12, dtype=np.float32).reshape(3, 4), "deep/bias": np.array([1, -2], np.int64), "ä": np.array(0.5)}
    members = {name: expected(np.asarray(array)) for name, array in several.items()}
    made["npz"] = []
    for name, write in [("stored", np.savez), ("compressed", np.savez_compressed)]:
        file = io.BytesIO()
        write(file, **several)
        made["npz"].append({"name": name, "bytes": text(file.getvalue()), "arrays": members})

    tensors = {name: array for name, array in samples()} | {"a scalar": np.array(2.5, np.float32), "empty": np.zeros((0, 3), np.int8)}
    halves = np.array([0, 1, -2.5, 1e30, 1e-40, np.inf], np.float32)
    tensors["bfloat16"] = halves.astype(ml_dtypes.bfloat16)
    metadata = {"format": "np", "note": 'ä "quoted"'}
    made["safetensors"] = {
        "bytes": text(save(tensors, metadata)),
        "metadata": metadata,
        "tensors": {name: expected(array.astype(np.float32) if name == "bfloat16" else array) for name, array in tensors.items()},
    }

    folder = pathlib.Path(__file__).parent
    (folder / "references.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n")


main()
