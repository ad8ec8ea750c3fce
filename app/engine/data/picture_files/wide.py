"""Pictures with colours, or transparency, in 16 bits a channel, of which Pillow holds 8.

A file is decoded twice: once for the upper half of every value, as Pillow does, and once as if its
bytes stood in the other order, which gives the lower half. What Pillow reads in no such way keeps
its upper half.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
from PIL import ImageOps

from app.engine.data.picture_files.opening import CUT_OFF
from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image
    from PIL.ImageFile import ImageFile

Form = Literal["", "halves", "grey halves", "planes", "pixmap", "upper half"]
"""How the values of 16 bits are read, "" where there are none: see `form_of`."""

PIXEL_BYTES = 48
"""Memory of a pixel while such a picture is read and brought to tones."""

WHITE = 0xFFFF

PLANAR, BITS, ORIENTATION = 284, 258, 274
"""Tags of a TIFF: whether each channel stands by itself (2), the bits of each, how it lies."""

_HALVES = re.compile(r"(?P<mode>RGB|RGBX|RGBA);16(?P<order>[BLN])")
_OTHER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
"""Of an order of bytes the other one; N is that of this machine."""

_EIGHT = 255


def form_of(picture: Image.Image) -> Form:
    """Returns how a picture that is opened but not decoded has colours of more than 8 bits.

    "halves": it is decoded twice. "grey halves": grey and its transparency, whose bytes are four
    channels. "planes", "pixmap": its values stand in the file as they are. "upper half": no more
    can be read.
    """
    tiles = getattr(picture, "tile", ())
    if not tiles or picture.mode not in ("RGB", "RGBA", "LA", "CMYK"):
        return ""

    codec, mode = tiles[0][0], _raw_mode(tiles[0])
    if codec == "raw" and _is_planar(picture):
        return "planes"
    if codec.startswith("ppm"):
        deep = _largest(tiles[0]) > _EIGHT
        return ("pixmap" if codec == "ppm" else "upper half") if deep else ""
    if ";16" not in mode:
        return ""
    if "transparency" in picture.info or (codec == "libtiff" and _is_planar(picture)):
        return "upper half"
    if mode == "LA;16B" and codec == "zip":
        return "grey halves"

    return "halves" if _HALVES.fullmatch(mode) else "upper half"


def read_wide(
    form: Form, page: int, opened: Callable[[], ImageFile], file: BinaryIO
) -> np.ndarray | None:
    """Returns the values of a page upright, (H, W, 3) or of grey (H, W) uint16, on white.

    None where only the upper half of them can be read. opened: opens the picture again. Raises
    UserError where the file breaks off, and what Pillow raises.
    """
    if form in ("", "upper half"):
        return None

    picture = opened()
    picture.seek(page)
    if form == "planes":
        return _on_white(_planes(picture, file))
    if form == "pixmap":
        return _pixmap(picture, file)
    if form == "grey halves":
        picture.tile = [tile._replace(args="RGBA") for tile in picture.tile]
        four = _upright(picture).astype(np.uint16)
        return _on_white(four[..., 0::2] << 8 | four[..., 1::2])

    upper = _upright(picture).astype(np.uint16)
    picture = opened()  # only now, as both read from one file
    picture.seek(page)
    picture.tile = [tile._replace(args=_swapped(tile[3])) for tile in picture.tile]
    return _on_white(upper << 8 | _upright(picture))


def _raw_mode(tile: Any) -> str:
    args = tile[3]
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _largest(tile: Any) -> int:
    """Returns the largest value of a portable pixmap."""
    return next((arg for arg in tile[3] if isinstance(arg, int)), _EIGHT)


def _is_planar(picture: Image.Image) -> bool:
    """Returns whether a TIFF has channels of 16 bits that stand one after the other."""
    tags = getattr(picture, "tag_v2", {})
    return tags.get(PLANAR) == 2 and set(tags.get(BITS, ())) == {16}


def _swapped(args: Any) -> Any:
    """Returns the arguments of a decoder with the bytes of each value in the other order."""

    def swap(mode: str) -> str:
        match = _HALVES.fullmatch(mode)
        return f"{match['mode']};16{_OTHER[match['order']]}" if match else mode

    return swap(args) if isinstance(args, str) else (swap(args[0]), *args[1:])


def _upright(picture: Image.Image) -> np.ndarray:
    picture.load()
    return np.asarray(ImageOps.exif_transpose(picture))


def _on_white(values: np.ndarray) -> np.ndarray:
    """Returns the colours of values (H, W, C) on white; the 2nd or 4th channel is their opacity."""
    channels = values.shape[2]
    if channels == 3:
        return values

    colours, alpha = values[..., : channels - 1], values[..., -1:]
    if (alpha < WHITE).any():
        share = alpha / np.float32(WHITE)
        laid = colours * share + WHITE * (1 - share)
        colours = np.rint(laid).astype(np.uint16)

    return colours if channels == 4 else colours[..., 0]


def _planes(picture: ImageFile, file: BinaryIO) -> np.ndarray:
    """Returns the values of a TIFF that is not packed, channel after channel.

    Pillow 13 reads their bytes as if they were values of 8 bits.
    """
    tags = getattr(picture, "tag_v2")  # noqa: B009 - only a picture of a TIFF has it
    order = ">" if tags.prefix == b"MM" else "<"
    bands = picture.getbands()
    tiles: list[Any] = [*picture.tile]
    height, width = (max(tile[1][end] for tile in tiles) for end in (3, 2))
    values = np.zeros((height, width, len(bands)), np.uint16)
    for _, extents, offset, args in tiles:
        left, top, right, bottom = extents
        row_bytes = args[1] or 2 * (right - left)
        block = _read(file, offset, row_bytes * (bottom - top)).reshape(bottom - top, row_bytes)
        part = np.ascontiguousarray(block[:, : 2 * (right - left)]).view(f"{order}u2")
        if args[0] in bands:  # else it is a channel without a meaning
            values[top:bottom, left:right, bands.index(args[0])] = part

    return _turned(values, tags.get(ORIENTATION, 1))


def _turned(values: np.ndarray, orientation: int) -> np.ndarray:
    """Returns values (H, W, C) upright, by the EXIF tag of their orientation."""
    if orientation >= 5:
        values = values.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]

    return values


def _pixmap(picture: ImageFile, file: BinaryIO) -> np.ndarray:
    """Returns the values of a binary pixmap of more than 8 bits, brought to 16 of them."""
    tile: Any = picture.tile[0]
    size = picture.width * picture.height * 3
    read = _read(file, tile[2], 2 * size).view(">u2").astype(np.uint32)
    largest = _largest(tile)
    scaled = (np.minimum(read, largest) * WHITE + largest // 2) // largest
    return scaled.astype(np.uint16).reshape(picture.height, picture.width, 3)


def _read(file: BinaryIO, offset: int, size: int) -> np.ndarray:
    """Returns bytes of a file. Raises UserError where it has fewer."""
    file.seek(offset)
    content = file.read(size)
    if len(content) < size:
        raise UserError(CUT_OFF)

    return np.frombuffer(content, np.uint8)
