"""What Pillow makes of small pictures: python3 test/image/generate.py writes pillow.json beside it. Needs Pillow (python3-pil).

Pictures are made of the same hash as in the test; results are their bytes, deflated, in base64.
"""

import base64
import json
import pathlib
import zlib

from PIL import Image

MODES = {1: 'L', 3: 'RGB', 4: 'RGBA'}


def mixed(i):
    return ((i ^ (i >> 7)) * 2654435761 & 0xFFFFFFFF) >> 24


def picture(kind, width, height, channels):
    """Noise, or black and white blocks of 5 x 5."""
    values = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                if kind == 'noise':
                    values.append(mixed((y * width + x) * channels + c + 1))
                else:
                    values.append(255 * (mixed((y // 5 * 97 + x // 5) * channels + c + 1) >> 7))
    return Image.frombytes(MODES[channels], (width, height), bytes(values))


CASES = [
    # kind, width, height, channels, [out height, out width], interpolation, box or None, grey
    ['noise', 37, 29, 3, [12, 16], 'bilinear', None, False],
    ['noise', 37, 29, 3, [12, 16], 'bicubic', None, False],
    ['noise', 13, 11, 3, [17, 20], 'bilinear', None, False],
    ['noise', 13, 11, 3, [17, 20], 'bicubic', None, False],
    ['noise', 13, 11, 3, [11, 13], 'bilinear', None, False],
    ['noise', 37, 29, 3, [29, 5], 'bicubic', None, False],
    ['noise', 37, 29, 3, [40, 9], 'bilinear', None, False],
    ['noise', 37, 29, 3, [1, 1], 'bilinear', None, False],
    ['noise', 37, 29, 1, [13, 21], 'bilinear', None, False],
    ['noise', 37, 29, 1, [13, 21], 'bicubic', None, False],
    ['noise', 37, 29, 3, [17, 12], 'bilinear', [3.5, 2.25, 33.5, 22.75], False],
    ['noise', 37, 29, 3, [17, 12], 'bicubic', [10, 4, 18, 9], False],
    ['noise', 37, 29, 3, [15, 15], 'bilinear', None, True],
    ['noise', 211, 167, 3, [7, 9], 'bilinear', None, False],
    ['noise', 211, 167, 3, [7, 9], 'bicubic', None, False],
    ['blocks', 60, 45, 3, [23, 31], 'bilinear', None, False],
    ['blocks', 60, 45, 3, [23, 31], 'bicubic', None, False],
    ['blocks', 20, 15, 3, [40, 33], 'bicubic', None, False],
    ['noise', 1, 1, 3, [3, 4], 'bilinear', None, False],
    ['noise', 2, 3, 3, [5, 1], 'bicubic', None, False],
]


def result(kind, width, height, channels, size, interpolation, box, grey):
    filters = {'bilinear': Image.BILINEAR, 'bicubic': Image.BICUBIC}
    made = picture(kind, width, height, channels)
    made = made.resize((size[1], size[0]), filters[interpolation], box=box)
    data = (made.convert('L') if grey else made).tobytes()
    return base64.b64encode(zlib.compress(data, 9)).decode()


rows = [json.dumps([*case, result(*case)]) for case in CASES]
file = pathlib.Path(__file__).with_name('pillow.json')
file.write_text('[\n  ' + ',\n  '.join(rows) + '\n]\n')
