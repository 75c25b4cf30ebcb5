"""Has onnx's checker and onnxruntime look at what exportOnnx writes for the problem lines: writes exported.json beside this file.

    STRIATE_EXPORTED=FOLDER npx vitest run test/onnx/export.test.ts; python3 test/onnx/exported.py FOLDER

Needs PyPI's onnx, onnxruntime and numpy. Each file must pass the checker, with inferred shapes compared; onnxruntime must give the
values that the library gives, within 1e-4 of the largest one, integers exactly. What it refuses or has otherwise is listed with the
reason, and printed.
"""
import base64
import collections
import json
import pathlib
import re
import sys

import numpy as np
import onnx
import onnxruntime

# A NaN says so itself.
np.seterr(all='ignore')
onnxruntime.set_default_logger_severity(4)


def array(port):
    data = np.frombuffer(base64.b64decode(port['bytes']), port['dtype'])
    return data.reshape(port['shape'])


def reason(error):
    text = str(error).replace('\n', ' ')
    return re.sub(r'^\[ONNXRuntimeError\] : \d+ : ', '', text)[:160]


def values(path, case):
    """None where onnxruntime gives the values, else what is otherwise."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
        ports = session.get_inputs()
        found = session.run(None, {port.name: array(one) for port, one in zip(ports, case['inputs'])})
    except Exception as error:
        return 'refused: ' + reason(error)
    for is_, port in zip(found, case['outputs']):
        must = array(port)
        if is_.dtype != must.dtype or is_.shape != must.shape:
            return f'{is_.dtype} {list(is_.shape)}, here {must.dtype} {list(must.shape)}'
        if must.size == 0:
            continue
        a, b = is_.astype(np.float64), must.astype(np.float64)
        finite = np.isfinite(b)
        largest = np.abs(b[finite]).max() if finite.any() else 0
        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= (1e-4 * largest if must.dtype == np.float32 else 0))
        if not same.all():
            at = np.flatnonzero(~same.reshape(-1))[0]
            return f'element {at} is {a.reshape(-1)[at]:.6g}, here {b.reshape(-1)[at]:.6g}'
    return None


folder = pathlib.Path(sys.argv[1])
files, others, wrong = collections.defaultdict(set), [], 0
cases = [json.loads(line) for line in (folder / 'cases.jsonl').read_text().splitlines()]
for case in cases:
    path = folder / case['model']
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as error:
        wrong += 1
        print(f"onnx's checker: {case['name']}: {reason(error)}")
        continue
    said = values(path, case)
    if said is not None:
        others.append(f"{case['name']}: {said}")
    files[case['name'].split(':')[0]].add(case['digest'])

print('\n'.join(others))
print(f'{len(cases)} files: {len(cases) - wrong} pass the checker, {len(cases) - wrong - len(others)} have the values of onnxruntime')
versions = {'onnx': onnx.__version__, 'onnxruntime': onnxruntime.__version__}
made = {'versions': versions, 'files': {op: sorted(found) for op, found in sorted(files.items())}, 'others': others}
(pathlib.Path(__file__).parent / 'exported.json').write_text(json.dumps(made, indent=1, ensure_ascii=False) + '\n')
