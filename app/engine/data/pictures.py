"""Decodes pictures safely: to grey or colour with 8 bits a channel, or a reason why not.

Only the formats below are tried (Pillow would otherwise start Ghostscript on a hidden EPS), the
size is checked before a pixel is decoded, and whatever a damaged file raises becomes
UnreadablePicture.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = frozenset(
    {
        ".png",
        ".apng",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".bmp",
        ".dib",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".mpo",
    }
)
FOREIGN = frozenset(
    {
        ".heic",
        ".heif",
        ".avif",
        ".jp2",
        ".j2k",
        ".jxl",
        ".svg",
        ".eps",
        ".ps",
        ".psd",
        ".xcf",
        ".ico",
        ".tga",
        ".dng",
        ".cr2",
        ".cr3",
        ".nef",
        ".arw",
        ".raw",
        ".dcm",
        ".exr",
        ".hdr",
    }
)
"""Endings of pictures in formats that are not read, which is worth a word, unlike a text file."""

PIXEL_LIMIT = 2 * 89_478_485
"""Pillow's own limit between a large photograph and an attack."""

DETAIL = 448
"""A large JPEG is decoded at a half, quarter or eighth while its sides stay above this, in pixels.

Far quicker, and twice as fine as the sizes that networks usually see.
"""

ORIENTATION = 0x0112
SIDEWAYS = (5, 6, 7, 8)
"""The EXIF tag of a picture's orientation, and those in which its sides are exchanged."""

REMARKS = {
    "animated": ("animated picture: first frame used", "animated pictures: first frame used"),
    "pages": ("file of several pages: first page used", "files of several pages: first page used"),
    "deep": (
        "picture with more than 8 bits a channel was brought to 8 bits",
        "pictures with more than 8 bits a channel were brought to 8 bits",
    ),
    "transparent": (
        "transparent picture was laid on white",
        "transparent pictures were laid on white",
    ),
}
"""What may be remarked on a picture, for one and for many."""

warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class UnreadablePicture(Exception):
    """A file that cannot be used as a picture. `reason` continues the sentence "FILE: ..."."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def decode(source: Path | str | bytes | BinaryIO, detail: int = DETAIL) -> Image.Image:
    """Decodes the first frame of a picture to mode "L" or "RGB", upright, transparency on white.

    detail: both sides may be reduced while decoding but not below this many pixels. What was done
    to it stands in `info["remarks"]`, keys of `REMARKS`. Raises UnreadablePicture.
    """
    try:
        with _open(source) as picture:
            remarks = [remark] if (remark := _remark_on_frames(picture)) else []
            if picture.format in ("JPEG", "MPO"):
                picture.draft(None, (detail, detail))

            picture.load()
            upright = ImageOps.exif_transpose(picture)
            result, tone_remark = _to_grey_or_colour(upright)
    except UnreadablePicture:
        raise
    except (Exception, Image.DecompressionBombWarning) as error:
        raise UnreadablePicture(_reason(error)) from error

    if tone_remark:
        remarks.append(tone_remark)

    result.info = {"remarks": tuple(remarks)}
    return result


def measure(source: Path) -> tuple[int, int]:
    """Returns (height, width) of a picture upright, from its header. Raises UnreadablePicture."""
    try:
        with _open(source) as picture:
            width, height = picture.size
            sideways = picture.getexif().get(ORIENTATION, 1) in SIDEWAYS
    except UnreadablePicture:
        raise
    except (Exception, Image.DecompressionBombWarning) as error:
        raise UnreadablePicture(_reason(error)) from error

    return (width, height) if sideways else (height, width)


def _open(source: Path | str | bytes | BinaryIO) -> Image.Image:
    """Opens a picture without decoding it. Raises UnreadablePicture for an empty or huge one."""
    if isinstance(source, bytes):
        source = io.BytesIO(source)
    elif isinstance(source, (str, Path)) and Path(source).stat().st_size == 0:
        raise UnreadablePicture("the file is empty")

    picture = Image.open(source, formats=FORMATS)
    width, height = picture.size
    if width * height > PIXEL_LIMIT:
        picture.close()
        raise UnreadablePicture(f"{width:,} × {height:,} pixels are too many; make it smaller")

    return picture


def _remark_on_frames(picture: Image.Image) -> str:
    """Returns the key of a remark where a file holds several frames, else ""."""
    if picture.format == "TIFF":
        return "pages" if getattr(picture, "n_frames", 1) > 1 else ""
    if picture.format in ("GIF", "WEBP", "PNG") and getattr(picture, "is_animated", False):
        return "animated"

    return ""


def _to_grey_or_colour(picture: Image.Image) -> tuple[Image.Image, str]:
    """Returns the picture in mode "L" or "RGB", and the key of a remark on its tones."""
    if picture.mode in ("L", "RGB") and "transparency" not in picture.info:
        return (picture.copy() if picture.readonly else picture), ""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return Image.fromarray(to_uint8(np.asarray(picture))), "deep"
    if picture.mode == "1":
        return picture.convert("L"), ""

    if picture.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in picture.info:
        grey = picture.mode in ("L", "LA", "La", "1")
        rgba = picture.convert("RGBA")
        transparent = rgba.getchannel("A").getextrema() != (255, 255)
        paper = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        paper.alpha_composite(rgba)

        return paper.convert("L" if grey else "RGB"), "transparent" if transparent else ""

    return picture.convert("RGB"), ""


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Returns tones of any number type as uint8 of the same shape.

    Whole numbers: up to 255 as they are, up to 4,095 (12 bits, usual in microscopes) a sixteenth,
    up to 65,535 their upper byte. Fractions: 0..1 times 255. Anything else is stretched from its
    own smallest to its own largest value. Values that are not finite become 0.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.size == 0:
        return values.astype(np.uint8)

    fractions = values.dtype.kind == "f"
    if fractions:
        values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)

    low = float(values.min())
    high = float(values.max())
    if low >= 0 and fractions and high <= 1:
        return np.asarray(np.rint(values * 255), np.uint8)
    if low >= 0 and high <= 255:
        return np.asarray(np.rint(values), np.uint8)

    if low >= 0 and high <= 65_535:
        if fractions:
            return np.asarray(np.rint(values / 257), np.uint8)
        shifted: np.ndarray = values >> (4 if high < 4_096 else 8)
        return shifted.astype(np.uint8)

    scale = 255 / (high - low) if high > low else 0
    stretched = np.rint((values.astype(np.float64) - low) * scale)
    return np.asarray(stretched, np.uint8)


def _reason(error: BaseException) -> str:
    """Returns whatever decoding raised, in words that continue the sentence "FILE: ..."."""
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return "it announces too many pixels; make it smaller"
    if isinstance(error, UnidentifiedImageError):
        return "it is not a PNG, JPEG, BMP, GIF, TIFF, WebP or PPM picture, whatever its name says"
    if isinstance(error, PermissionError):
        return "it may not be read (no permission)"
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    if isinstance(error, MemoryError):
        return "it does not fit into memory"

    text = str(error).lower()
    own_error = error.__class__.__module__ == "builtins"
    if own_error and isinstance(error, (OSError, EOFError, SyntaxError)):
        broken = ("truncated", "broken", "eof", "unrecognized data", "not enough")
        if any(word in text for word in broken):
            return "it is cut off or damaged"
        if isinstance(error, OSError) and error.errno is not None:
            return f"it could not be read ({error.strerror or 'error of the disk'})"

    return "it is damaged"
