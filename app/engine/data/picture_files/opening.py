"""Opens files of pictures safely: only known formats, sizes before pixels, a reason for each."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image, UnidentifiedImageError

from app.engine.data.picture_files.formats import (
    START,
    VOLUMES,
    foreign_reason,
    formats_of,
    suffix_of,
)
from app.engine.errors import UserError
from app.engine.files import NotRegular, TooLarge, open_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import SMALL, free_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

Source = Path | str | bytes | BinaryIO
"""A file of a picture: its path, its content, or open."""

PIXEL_LIMIT = 2 * 89_478_485
"""Pillow's own limit between a large photograph and an attack."""

TOO_LARGE = "it does not fit into memory"

CUT_OFF = "it is cut off or damaged"

LARGEST = 2_000_000_000
"""Bytes of a file above which it is not read."""

warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class UnreadablePicture(Exception):
    """A file that cannot be used as a picture. `reason` continues the sentence "FILE: ..."."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Goes around what is done with a picture: whatever is raised becomes UnreadablePicture."""
    try:
        with foreign_reader(lambda words: UnreadablePicture(_reason(words))):
            yield
    except UserError as error:
        raise UnreadablePicture(error.what) from error
    except OSError as error:
        raise UnreadablePicture(_refusal(error)) from error
    except MemoryError as error:
        raise UnreadablePicture(TOO_LARGE) from error


@contextlib.contextmanager
def opened_file(source: Source) -> Iterator[tuple[BinaryIO, bytes]]:
    """Opens the file of a picture; yields it and its first START bytes.

    Raises UserError with a reason, and OSError.
    """
    with _file(source) as file:
        file.seek(0)
        start = file.read(START)
        file.seek(0)
        yield file, start


@contextlib.contextmanager
def opened_picture(file: BinaryIO, start: bytes) -> Iterator[Image.Image]:
    """Opens a picture of any format but DICOM without decoding it.

    Raises UserError for a huge one, or one of a format that is not read, and what Pillow raises.
    """
    formats, reason = formats_of(start)
    if reason:
        raise UserError(reason)

    try:
        picture = Image.open(file, formats=formats)
    except UnidentifiedImageError as error:
        if len(formats) > 1:
            raise
        raise UserError(CUT_OFF) from error  # it begins as a file of this format

    with picture:
        require_size(*picture.size)
        yield picture


def require_size(width: int, height: int) -> None:
    """Raises UserError where there are more pixels than a picture has."""
    if width * height > PIXEL_LIMIT:
        raise UserError(f"{width:,} × {height:,} pixels are too many; make it smaller")


def require_fit(needed: int) -> None:
    """Raises UserError where so many bytes of memory are not free."""
    if not _fits(needed):
        raise UserError(TOO_LARGE)


def _file(source: Source) -> AbstractContextManager[BinaryIO]:
    """Returns the open file of a picture. Raises UserError with a reason, and OSError."""
    if isinstance(source, (str, Path)) and (suffix := suffix_of(str(source))) in VOLUMES:
        raise UserError(foreign_reason(suffix))
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
    return needed <= SMALL or needed <= free_memory()


def _reason(words: str) -> str:
    """Returns what Pillow says, in words that continue the sentence "FILE: ..."."""
    words = words.lower()
    if "decompression bomb" in words:
        return "it announces too many pixels; make it smaller"
    if "cannot identify image file" in words:
        known = "PNG, JPEG, BMP, GIF, TIFF, WebP, AVIF or PPM"
        return f"it is not a {known} picture, whatever its name says"

    broken = ("truncated", "broken", "eof", "unrecognized data", "not enough")
    return CUT_OFF if any(word in words for word in broken) else "it is damaged"


def _refusal(error: OSError) -> str:
    """Returns what the operating system refuses, in words that continue "FILE: ..."."""
    if isinstance(error, PermissionError):
        return "it may not be read (no permission)"
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    if isinstance(error, (NotRegular, TooLarge)):
        return str(error.strerror)

    return f"it could not be read ({error.strerror or 'disk error'})"
