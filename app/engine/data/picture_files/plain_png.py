"""Reads the simplest PNG files without what Pillow does for all others: small ones in thousands.

Plain: grey or colours of 8 bits, rows from top to bottom, and nothing beside the pixels in the
file. Pillow's own decoder unpacks them, so they are the same; opening such a file as a picture that
may be anything takes three times as long as unpacking it. What is not plain is left to `decode`.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

LARGEST = 1 << 18
"""Bytes of a file that is tried; of a larger one unpacking takes most of the time anyway."""

MOST_PIXELS = 1 << 18

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_CORE: Any = Image.core  # type: ignore[attr-defined]
"""Pillow's part in C; there is no public way to its decoders."""

_FIRST = struct.Struct(">8sI4sIIBBBBBI")
"""The signature, and the whole chunk IHDR: length, name, width, height, bits, colours, three
methods, checksum."""

_CHUNK = struct.Struct(">I4s")
_END = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))
_MODES = {0: "L", 2: "RGB"}


def read_plain_png(content: bytes) -> np.ndarray | None:
    """Returns the pixels of a plain PNG file, (H, W) or (H, W, 3) uint8; None for any other."""
    packed = _packed(content)
    if packed is None:
        return None

    mode, size, data = packed
    length = size[0] * size[1] * len(mode)
    try:
        picture = _CORE.new(mode, size)
        decoder = _CORE.zip_decoder(mode, mode)
        decoder.setimage(picture, (0, 0, *size))
        try:
            consumed, error = decoder.decode(data)
        finally:
            decoder.cleanup()

        if consumed >= 0 or error:  # more is expected, or it is damaged
            return None

        encoder = _CORE.raw_encoder(mode, mode)
        encoder.setimage(picture, (0, 0, *size))
        _, _, pixels = encoder.encode(length + len(mode) * size[0])
        encoder.cleanup()
    except (OSError, ValueError, SyntaxError):
        return None

    if len(pixels) != length:
        return None

    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], 3)
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def _packed(content: bytes) -> tuple[str, tuple[int, int], bytes] | None:
    """Returns mode, size and the packed pixels of a plain file, None for any other."""
    if not content.startswith(SIGNATURE) or not content.endswith(_END):
        return None
    if len(content) < _FIRST.size + len(_END):
        return None

    _, length, name, width, height, bits, colours, *methods, checksum = _FIRST.unpack_from(content)
    if (length, name, bits, methods) != (13, b"IHDR", 8, [0, 0, 0]) or colours not in _MODES:
        return None
    if not 0 < width * height <= MOST_PIXELS or checksum != zlib.crc32(content[12:29]):
        return None

    parts = []
    position = _FIRST.size
    while position < len(content) - len(_END):
        length, name = _CHUNK.unpack_from(content, position)
        if name != b"IDAT":
            return None

        parts.append(content[position + 8 : position + 8 + length])
        position += length + 12

    if position != len(content) - len(_END):
        return None

    return _MODES[colours], (width, height), parts[0] if len(parts) == 1 else b"".join(parts)
