#!/usr/bin/env python3
"""Writes pictures.json: small files of each kind that striate/image decodes, and Pillow's pixels of each.

Run it with a Python that has Pillow (Debian's python3-pil), then `npm run format`. Kinds that Pillow does not write are
written here byte by byte; their pixels are what Pillow reads, but for those marked, which are what was written."""

import base64
import io
import json
import os
import struct
import zlib

from PIL import Image, ImageOps

WIDTH, HEIGHT = 19, 13
pictures = {}


def encoded(data):
    return base64.b64encode(data).decode()


def add(name, file, pixels=None, channels=None, size=None):
    if pixels is None:
        image = Image.open(io.BytesIO(file))
        image.load()
        image = ImageOps.exif_transpose(image)
        holes = "transparency" in image.info
        mode = {"1": "L", "LA": "LA", "RGBA": "RGBA"}.get(image.mode, "RGBA" if holes else "RGB")
        if image.mode == "L":
            mode = "LA" if holes else "L"
        if image.mode == "L" and holes:
            image = image.convert("RGBA").convert("LA")
        image = image.convert(mode)
        if name.startswith("GIF") and mode == "RGBA":
            # What is transparent has no colour.
            image.putdata([pixel if pixel[3] else (0, 0, 0, 0) for pixel in image.getdata()])
        pixels, channels, size = image.tobytes(), len(mode), image.size
    pictures[name] = {
        "file": encoded(file),
        "width": size[0],
        "height": size[1],
        "channels": channels,
        "pixels": encoded(zlib.compress(pixels, 9)),
    }


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def smooth(x, y):
    return (x * 13, y * 19, 255 - x * 6 - y * 8)


rgb = Image.new("RGB", (WIDTH, HEIGHT))
rgb.putdata([smooth(x, y) for y in range(HEIGHT) for x in range(WIDTH)])
alpha = Image.new("L", (WIDTH, HEIGHT))
alpha.putdata([(x * 29 + y * 17) % 256 for y in range(HEIGHT) for x in range(WIDTH)])
grey = rgb.convert("L")
rgba = rgb.copy()
rgba.putalpha(alpha)
grey_alpha = Image.merge("LA", (grey, alpha))
palette = rgb.quantize(200)

# JPEG
for name, image, options in [
    ("4:4:4", rgb, {"subsampling": 0}),
    ("4:2:2", rgb, {"subsampling": 1}),
    ("4:2:0", rgb, {"subsampling": 2}),
    ("progressive", rgb, {"progressive": True}),
    ("optimized", rgb, {"optimize": True, "quality": 30}),
    ("grey", grey, {}),
    ("grey progressive", grey, {"progressive": True}),
    ("CMYK", rgb.convert("CMYK"), {"quality": 95}),
    ("one pixel", rgb.crop((3, 3, 4, 4)), {}),
    ("one row", rgb.crop((0, 3, 19, 4)), {}),
    ("one column", rgb.crop((3, 0, 4, 13)), {"progressive": True}),
]:
    add(f"JPEG {name}", saved(image, "JPEG", **options))


def exif(orientation, order="<"):
    head = b"II*\0" if order == "<" else b"MM\0*"
    entries = [(0x0100, 4, 1, 640), (0x0112, 3, 1, orientation if order == "<" else orientation << 16)]
    tiff = head + struct.pack(order + "IH", 8, len(entries))
    for entry in entries:
        tiff += struct.pack(order + "HHII", *entry)
    return b"Exif\0\0" + tiff + bytes(4)


for orientation in range(1, 9):
    order = "<" if orientation % 2 else ">"
    add(f"JPEG orientation {orientation}", saved(rgb, "JPEG", subsampling=0, exif=exif(orientation, order)))
add("JPEG grey orientation 6", saved(grey, "JPEG", exif=exif(6)))

# PNG
add("PNG rgb", saved(rgb, "PNG"))
add("PNG rgba", saved(rgba, "PNG"))
add("PNG grey", saved(grey, "PNG"))
add("PNG grey and alpha", saved(grey_alpha, "PNG"))
add("PNG 1 bit", saved(grey.convert("1"), "PNG"))
for bits in (1, 2, 4, 8):
    few = rgb.quantize(2**bits)
    add(f"PNG palette, {bits} bits", saved(few, "PNG", bits=bits))
add("PNG palette with alpha", saved(palette, "PNG", transparency=bytes(range(100)) + bytes([255] * 100)))
add("PNG orientation 6", saved(rgb, "PNG", exif=exif(6)))
add("PNG animated", saved(rgb, "PNG", save_all=True, append_images=[ImageOps.invert(rgb)]))


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(kind, bits, rows, interlaced=False, extra=b""):
    """rows: each pixel as its bytes, which are as many as `bits` ask for; below 8 bits one pixel a number."""

    def filtered(lines):
        out = b""
        for line in lines:
            if bits < 8:
                text = "".join(format(pixel, f"0{bits}b") for pixel in line)
                text += "0" * (-len(text) % 8)
                out += b"\0" + int(text, 2).to_bytes(len(text) // 8, "big")
            else:
                out += b"\0" + b"".join(line)
        return out

    height, width = len(rows), len(rows[0])
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        data = b""
        for left, top, right, down in passes:
            lines = [row[left::right] for row in rows[top::down]]
            data += filtered([line for line in lines if line])
    else:
        data = filtered(rows)
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, int(interlaced))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
    return start + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def rows_of(image, each=bytes):
    values = list(image.getdata())
    width = image.size[0]
    rows = [values[at : at + width] for at in range(0, len(values), width)]
    return [[each([value] if isinstance(value, int) else value) for value in row] for row in rows]


def wide(value):
    return b"".join(bytes([byte, (byte * 7) % 256]) for byte in value)


for name, kind, image in [("grey", 0, grey), ("rgb", 2, rgb), ("grey and alpha", 4, grey_alpha), ("rgba", 6, rgba)]:
    size, channels = image.size, len(image.getbands())
    add(f"PNG {name} interlaced", png(kind, 8, rows_of(image), interlaced=True))
    # The upper byte counts.
    add(f"PNG {name}, 16 bits", png(kind, 16, rows_of(image, wide)), image.tobytes(), channels, size)
for bits in (1, 2, 4):
    few = grey.point(lambda value: value >> (8 - bits))
    rows = [[pixel[0] for pixel in row] for row in rows_of(few)]
    full = few.point(lambda value: value * 255 // (2**bits - 1))
    for interlaced in (False, True):
        file = png(0, bits, rows, interlaced)
        name = f"PNG grey, {bits} bits{' interlaced' if interlaced else ''}"
        add(name, file, full.tobytes(), 1, full.size)
key = grey.getpixel((4, 5))
holes = Image.merge("LA", (grey, grey.point(lambda value: 0 if value == key else 255)))
file = png(0, 8, rows_of(grey), extra=chunk(b"tRNS", struct.pack(">H", key)))
add("PNG grey with one transparent value", file, holes.tobytes(), 2, holes.size)
color = rgb.getpixel((4, 5))
holes = rgb.convert("RGBA")
holes.putdata([(*pixel, 0 if pixel == color else 255) for pixel in rgb.getdata()])
file = png(2, 8, rows_of(rgb), extra=chunk(b"tRNS", struct.pack(">HHH", *color)))
add("PNG rgb with one transparent colour", file, holes.tobytes(), 4, holes.size)

# WebP
add("WebP lossy", saved(rgb, "WEBP", quality=70))
add("WebP lossless", saved(rgb, "WEBP", lossless=True))
add("WebP lossy with alpha", saved(rgba, "WEBP", quality=70))
add("WebP lossless with alpha", saved(rgba, "WEBP", lossless=True, exact=True))
add("WebP lossless, few colours", saved(rgb.quantize(4).convert("RGB"), "WEBP", lossless=True))
add("WebP orientation 8", saved(rgb, "WEBP", lossless=True, exif=exif(8)[6:]))
frames = {"save_all": True, "append_images": [ImageOps.invert(rgb)], "lossless": True}
file = saved(rgb, "WEBP", **frames)
add("WebP animated", file, rgb.tobytes(), 3, rgb.size)

# GIF
few = rgb.quantize(60)
add("GIF", saved(few, "GIF", interlace=0))
add("GIF interlaced", saved(few, "GIF", interlace=1))
add("GIF two colours", saved(rgb.quantize(2), "GIF"))
add("GIF transparent", saved(few, "GIF", transparency=5))
add("GIF animated", saved(few, "GIF", save_all=True, append_images=[few.transpose(Image.Transpose.ROTATE_180)]))
# A canvas of 25 x 20 with the picture at (3, 4): the first descriptor of a picture stands behind the global palette.
small = bytearray(saved(few, "GIF", interlace=0))
small[6:10] = struct.pack("<HH", 25, 20)
at = small.index(b",\0\0\0\0" + struct.pack("<HH", WIDTH, HEIGHT))
small[at + 1 : at + 5] = struct.pack("<HH", 3, 4)
canvas = Image.new("RGBA", (25, 20))
canvas.paste(few.convert("RGBA"), (3, 4))
add("GIF smaller than its canvas", bytes(small), canvas.tobytes(), 4, canvas.size)
small[at + 1 : at + 5] = struct.pack("<HH", 10, 12)
canvas = Image.new("RGBA", (25, 20))
canvas.paste(few.convert("RGBA"), (10, 12))
add("GIF beyond its canvas", bytes(small), canvas.tobytes(), 4, canvas.size)

# BMP
for name, image in [("1 bit", grey.convert("1")), ("grey", grey), ("palette", palette), ("rgb", rgb)]:
    file = saved(image, "BMP")
    add(f"BMP {name}", file, image.convert("RGB").tobytes(), 3, image.size)


def bmp(bits, compression, body, colors=b"", masks=b"", height=HEIGHT, info=40):
    offset = 14 + info + len(masks if info == 40 else b"") + len(colors)
    head = struct.pack("<IiiHHIIiiII", info, WIDTH, height, 1, bits, compression, len(body), 0, 0, 0, 0)
    head += masks
    head += bytes(max(0, info - len(head)))
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + head + colors + body


def padded(row):
    return row + bytes(-len(row) % 4)


colors = [tuple(value % 256 for value in smooth(i, i)) for i in range(16)]
indices = [[(x // 3 + y) % 16 for x in range(WIDTH)] for y in range(HEIGHT)]
table = b"".join(bytes([blue, green, red, 0]) for red, green, blue in colors)
shown = bytes(value for row in indices for index in row for value in colors[index])
size = (WIDTH, HEIGHT)


def fours(row):
    row = row + [0] * (len(row) % 2)
    return padded(bytes(row[i] << 4 | row[i + 1] for i in range(0, len(row), 2)))


upwards = indices[::-1]
add("BMP 4 bits", bmp(4, 0, b"".join(map(fours, upwards)), table), shown, 3, size)
add("BMP from the top", bmp(4, 0, b"".join(map(fours, indices)), table, height=-HEIGHT), shown, 3, size)


def runs(row, four):
    """Runs where a value repeats, for the first half of the row; the rest as it is."""
    out, x = b"", 0
    while x < 9:
        count = 1
        while x + count < 9 and row[x + count] == row[x]:
            count += 1
        out += bytes([count, row[x] * 17 if four else row[x]])
        x += count
    rest = row[9:]
    stored = fours(rest)[: (len(rest) + 1) // 2] if four else bytes(rest)
    return out + bytes([0, len(rest)]) + stored + bytes(len(stored) % 2) + b"\0\0"


table256 = table + bytes(4 * 240)
rle8 = b"".join(runs(row, False) for row in upwards) + b"\0\1"
rle4 = b"".join(runs(row, True) for row in upwards) + b"\0\1"
add("BMP RLE8", bmp(8, 1, rle8, table256), shown, 3, size)
add("BMP RLE4", bmp(4, 2, rle4, table), shown, 3, size)
# Two rows up and three to the right, then four pixels of colour 7; all else is colour 0.
jump = bytes([0, 2, 3, 2, 4, 7, 0, 1])
jumped = bytes(
    value
    for y in range(HEIGHT)
    for x in range(WIDTH)
    for value in colors[7 if y == HEIGHT - 3 and 3 <= x < 7 else 0]
)
add("BMP RLE8 with a jump", bmp(8, 1, jump, table256), jumped, 3, size)

core = b"".join(bytes([blue, green, red]) for red, green, blue in colors)
head = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 4)
body = b"".join(map(fours, upwards))
file = b"BM" + struct.pack("<IHHI", 0, 0, 0, 26 + len(core)) + head + core + body
add("BMP of OS/2", file, shown, 3, size)


def scaled(value, bits):
    most = 2**bits - 1
    return (value * 255 + most // 2) // most


def packed(widths, with_alpha=False):
    """Each pixel's channels, from the top bit down, in words of sum(widths) bits; what that shows."""
    data, values = b"", b""
    source = rgba if with_alpha else rgb
    for y in reversed(range(HEIGHT)):
        row = b""
        for x in range(WIDTH):
            word = 0
            for value, bits in zip(source.getpixel((x, y)), widths):
                word = word << bits | value >> (8 - bits)
            row += struct.pack("<I" if sum(widths) > 16 else "<H", word)
        data += padded(row)
    for pixel in source.getdata():
        values += bytes(scaled(value >> (8 - bits), bits) for value, bits in zip(pixel, widths))
    return data, values


data, values = packed((5, 5, 5))
add("BMP 16 bits", bmp(16, 0, data), values, 3, size)
data, values = packed((5, 6, 5))
masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
add("BMP 16 bits with masks", bmp(16, 3, data, masks=masks), values, 3, size)
data, values = packed((8, 8, 8))
add("BMP 32 bits", bmp(32, 0, data), values, 3, size)
data, values = packed((8, 8, 8, 8), True)
masks = struct.pack("<IIII", 0xFF000000, 0xFF0000, 0xFF00, 0xFF)
add("BMP 32 bits with alpha", bmp(32, 3, data, masks=masks, info=124), values, 4, size)

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "pictures.json"), "w") as out:
    json.dump(pictures, out, indent=2)
print(len(pictures), "pictures")
