"""Files of several pictures: TIFF with pages, and the frames of a DICOM file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

Pages = Literal["first", "each", "maximum"]
"""What is read of a file of several pages: see the setting data.pages."""

Page = int | Literal["maximum"]
"""Which page is decoded, from 0, or the largest value of every pixel in all pages."""


@dataclass(frozen=True)
class PageOf:
    """One page of a file, from 0."""

    path: Path
    page: int


MOST_PAGES = 10_000
"""Pages that are read of one file: a damaged one may have millions."""


def may_have_pages(path: Path) -> bool:
    """Returns whether a file may hold several pages, by its name; DICOM files often have none."""
    return path.suffix.lower() in (".tif", ".tiff", ".dcm", ".dicom", "")


def remark_on_pages(picture: Image.Image) -> str:
    """Returns the key of a remark on an open picture of several frames, else "".

    Pages of another size are previews and the like, of which nobody wants to be asked. They are not
    counted: there may be millions.
    """
    if picture.format == "TIFF":
        first = (picture.size, picture.mode)
        try:
            picture.seek(1)
        except EOFError:
            return ""

        second = (picture.size, picture.mode)
        picture.seek(0)
        return "pages" if first == second else "previews"

    animated = picture.format in ("GIF", "WEBP", "PNG", "AVIF", "HEIF", "JXL")
    return "animated" if animated and getattr(picture, "is_animated", False) else ""


def pages_like_the_first(picture: Image.Image) -> Iterator[int]:
    """Goes to the pages of an open TIFF one after another that are of the first one's form."""
    form = (picture.size, picture.mode)
    for page in range(MOST_PAGES):
        try:
            picture.seek(page)
        except EOFError:
            return

        if (picture.size, picture.mode) == form:
            yield page


def maximum(arrays: Iterator[np.ndarray]) -> np.ndarray:
    """Returns the largest value of every pixel in arrays of one shape; others are left out."""
    result = np.array(next(arrays))
    for array in arrays:
        if array.shape == result.shape and array.dtype == result.dtype:
            np.fmax(result, array, out=result)

    return result
