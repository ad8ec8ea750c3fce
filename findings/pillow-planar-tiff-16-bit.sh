#!/usr/bin/env bash
# Pillow 13.0.0: colours of 16 bits that a TIFF keeps plane by plane, uncompressed, are read as pixels twice as wide.
#
# Expected: the high byte of each colour, as for the same picture with its colours pixel by pixel, or an error.
#
# Seen: no error and no warning. The planes are read as 8 bits a pixel, so that low and high bytes stand beside each other
# as pixels of their own, and of each row only the first half is there. Microscopes write such files.
#
# Here: such pictures are recognised by their tags and not read through Pillow's 8 bits.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "pillow==13.0.0"

"$folder/venv/bin/python" - <<'PYTHON'
import io
import struct

from PIL import Image

WIDTH, HEIGHT = 4, 2
PLANES = [[1000 * colour + 317 * place for place in range(WIDTH * HEIGHT)] for colour in (1, 2, 3)]


def tiff(planar):
    """Returns an uncompressed TIFF of three colours of 16 bits: one strip, or one for each plane."""
    pixels = [value for pixel in zip(*PLANES) for value in pixel]
    strips = [struct.pack(f"<{len(p)}H", *p) for p in (PLANES if planar else [pixels])]
    content = b"II*\0\0\0\0\0"
    starts = []
    for strip in strips:
        starts.append(len(content))
        content += strip

    def aside(kind, values):
        nonlocal content
        place = len(content)
        content += struct.pack(f"<{len(values)}{kind}", *values)
        return values[0] if len(values) == 1 else place

    bits = aside("H", [16, 16, 16])
    offsets = aside("I", starts)
    lengths = aside("I", [len(strip) for strip in strips])
    tags = [
        (256, 3, 1, WIDTH),
        (257, 3, 1, HEIGHT),
        (258, 3, 3, bits),
        (259, 3, 1, 1),  # no compression
        (262, 3, 1, 2),  # RGB
        (273, 4, len(strips), offsets),
        (277, 3, 1, 3),
        (278, 3, 1, HEIGHT),
        (279, 4, len(strips), lengths),
        (284, 3, 1, 2 if planar else 1),
    ]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    place = struct.pack("<I", len(content))
    return content[:4] + place + content[8:] + directory + struct.pack("<I", 0)


def first_row(planar):
    picture = Image.open(io.BytesIO(tiff(planar)))
    return [picture.getpixel((x, 0)) for x in range(WIDTH)]


true = [tuple(plane[x] >> 8 for plane in PLANES) for x in range(WIDTH)]
print("high bytes:     ", true)
print("pixel by pixel: ", first_row(planar=False))
print("plane by plane: ", first_row(planar=True))
assert first_row(planar=False) == true
bytes_side_by_side = [tuple((plane[x // 2] >> 8 * (x % 2)) & 255 for plane in PLANES) for x in range(WIDTH)]
assert first_row(planar=True) == bytes_side_by_side, "it is otherwise now"
PYTHON
echo "As described."
