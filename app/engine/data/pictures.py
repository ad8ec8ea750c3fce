"""Decodes pictures safely: to grey or colour with 8 bits a channel, or a reason why not.

Only the formats below are tried (Pillow would otherwise start Ghostscript on a hidden EPS), the
size is checked before a pixel is decoded, and whatever a damaged file raises becomes
UnreadablePicture.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from app.engine.data.fingerprints import fingerprint_of
from app.engine.data.tones import Tones, ValueRange
from app.engine.errors import UserError
from app.engine.files import NotRegular, TooLarge, open_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import SMALL, free_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

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

PIXEL_BYTES = 16
"""Memory of a pixel while a transparent picture is laid on white: the largest that there is."""

TOO_LARGE = "it does not fit into memory"

LARGEST = 2_000_000_000
"""Bytes of a file above which it is not read."""

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


def decode(
    source: Path | str | bytes | BinaryIO, detail: int = DETAIL, tones: Tones | None = None
) -> Image.Image:
    """Decodes the first frame of a picture to mode "L" or "RGB", upright, transparency on white.

    detail: both sides may be reduced while decoding but not below this many pixels. tones: for a
    picture of more than 8 bits; None follows from its own values, whose range is then
    `info["range"]`; `info["fingerprint"]` is of its values. What was done to it stands in
    `info["remarks"]`, keys of `REMARKS`. Raises UnreadablePicture.
    """
    with _open(source) as picture:
        remarks = [remark] if (remark := _remark_on_frames(picture)) else []
        if picture.format in ("JPEG", "MPO"):
            picture.draft(None, (detail, detail))

        if not _fits(picture.width * picture.height * PIXEL_BYTES):
            raise UserError(TOO_LARGE)

        picture.load()
        upright = ImageOps.exif_transpose(picture)
        value_range = None
        fingerprint = None
        if _is_deep(upright):
            values = np.asarray(upright)
            fingerprint = fingerprint_of(values)
            value_range = ValueRange.of(values) if tones is None else None
            chosen = tones or (value_range.tones() if value_range else Tones(0, 1))
            result = Image.fromarray(chosen.to_bytes(values))
            tone_remark = "deep"
        else:
            result, tone_remark = _to_grey_or_colour(upright)

    if tone_remark:
        remarks.append(tone_remark)

    result.info = {
        "remarks": tuple(remarks),
        "range": value_range,
        "fingerprint": fingerprint,
    }
    return result


def measure(source: Path) -> tuple[int, int]:
    """Returns (height, width) of a picture upright, from its header. Raises UnreadablePicture."""
    with _open(source) as picture:
        width, height = picture.size
        # Pillow turns a TIFF when it is opened, and says how it lay all the same.
        turned = picture.format == "TIFF"
        sideways = not turned and picture.getexif().get(ORIENTATION, 1) in SIDEWAYS

    return (width, height) if sideways else (height, width)


@contextlib.contextmanager
def _open(source: Path | str | bytes | BinaryIO) -> Iterator[Image.Image]:
    """Opens a picture without decoding it, and guards what is done with it.

    Raises UnreadablePicture for an empty or huge one, and for whatever Pillow raises.
    """
    try:
        with (
            foreign_reader(lambda words: UnreadablePicture(_reason(words))),
            _file(source) as file,
            Image.open(file, formats=FORMATS) as picture,
        ):
            width, height = picture.size
            if width * height > PIXEL_LIMIT:
                raise UserError(f"{width:,} × {height:,} pixels are too many; make it smaller")
            yield picture
    except UserError as error:
        raise UnreadablePicture(error.what) from error
    except OSError as error:
        raise UnreadablePicture(_refusal(error)) from error
    except MemoryError as error:
        raise UnreadablePicture(TOO_LARGE) from error


def _file(source: Path | str | bytes | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Returns the open file of a picture. Raises UserError with a reason, and OSError."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if not isinstance(source, (str, Path)):
        return contextlib.nullcontext(source)

    try:
        file = open_regular(source if isinstance(source, Path) else Path(source), LARGEST)
    except ValueError as error:  # a zero byte in its name
        raise UserError("it is not there") from error

    size = os.fstat(file.fileno()).st_size
    if size and _fits(size):  # some formats are read as a whole
        return file

    file.close()
    raise UserError(TOO_LARGE if size else "the file is empty")


def _fits(needed: int) -> bool:
    """Returns whether so many bytes of memory are free."""
    return needed <= SMALL or needed <= free_memory()


def _remark_on_frames(picture: Image.Image) -> str:
    """Returns the key of a remark where a file holds several frames, else ""."""
    if picture.format == "TIFF":
        return "pages" if _has_second_page(picture) else ""
    if picture.format in ("GIF", "WEBP", "PNG") and getattr(picture, "is_animated", False):
        return "animated"

    return ""


def _has_second_page(picture: Image.Image) -> bool:
    """Returns whether there is a second page, without counting them: there may be millions."""
    try:
        picture.seek(1)
    except EOFError:
        return False

    picture.seek(0)
    return True


def tones_of(values: np.ndarray) -> Tones | None:
    """Returns the tones of pictures of any number type; None where they are those of bytes."""
    value_range = ValueRange.of(values)
    tones = value_range.tones() if value_range is not None else None
    return None if tones == Tones(0, 255) and values.dtype == np.uint8 else tones


def pixels_of(values: np.ndarray, tones: Tones | None) -> np.ndarray:
    """Returns a picture in an array as bytes, (H, W) or (H, W, 3); a transparent one on white.

    values: (H, W) or (H, W, C) of any number type, C 3 or 4. tones: None for values that are bytes.
    """
    pixels = (tones or Tones(0, 255)).to_bytes(values)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels = ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)

    return pixels


def _is_deep(picture: Image.Image) -> bool:
    """Returns whether it has one channel of more than 8 bits, or of fractions."""
    return picture.mode in ("I", "F") or picture.mode.startswith("I;")


def _to_grey_or_colour(picture: Image.Image) -> tuple[Image.Image, str]:
    """Returns the picture in mode "L" or "RGB", and the key of a remark on its tones."""
    if picture.mode in ("L", "RGB") and "transparency" not in picture.info:
        return (picture.copy() if picture.readonly else picture), ""
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


def _reason(words: str) -> str:
    """Returns what Pillow says, in words that continue the sentence "FILE: ..."."""
    words = words.lower()
    if "decompression bomb" in words:
        return "it announces too many pixels; make it smaller"
    if "cannot identify image file" in words:
        return "it is not a PNG, JPEG, BMP, GIF, TIFF, WebP or PPM picture, whatever its name says"

    broken = ("truncated", "broken", "eof", "unrecognized data", "not enough")
    return "it is cut off or damaged" if any(word in words for word in broken) else "it is damaged"


def _refusal(error: OSError) -> str:
    """Returns what the operating system refuses, in words that continue "FILE: ..."."""
    if isinstance(error, PermissionError):
        return "it may not be read (no permission)"
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    if isinstance(error, (NotRegular, TooLarge)):
        return str(error.strerror)

    return f"it could not be read ({error.strerror or 'error of the disk'})"
