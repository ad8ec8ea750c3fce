"""Reads DICOM files by pydicom, which is an extra: values as a radiologist would be shown them.

The stored values become those of the modality (rescale), then those of the window that the file
names, from 0 to 1. Without a window all files of a data set keep one range. MONOCHROME1 is turned
round, so that more is always brighter.
"""

from __future__ import annotations

import functools
import importlib.util
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from app.engine.data.picture_files.opening import require_fit, require_size
from app.engine.data.picture_files.pages import MOST_PAGES, Page, maximum
from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUE_BYTES = 24
"""Memory of a stored value while it is read."""

MISSING = (
    "DICOM pictures are read where pydicom is installed (pip install 'netwright[dicom]'); or save "
    "it as PNG or TIFF of 16 bits"
)
GREY = ("MONOCHROME1", "MONOCHROME2")


def read_dicom(file: BinaryIO, page: Page = 0) -> tuple[np.ndarray, str]:
    """Reads a picture: (H, W) of any number type, or (H, W, 3) uint8, and the key of a remark.

    Raises UserError for what holds no picture or does not fit into memory, and what pydicom raises.
    """
    dataset = _read(file)
    frames = frames_of(dataset)
    pages = range(min(frames, MOST_PAGES)) if page == "maximum" else (page,)
    values = maximum(_frame(dataset, number) for number in pages)

    return values, "pages" if frames > 1 and page == 0 else ""


def read_dicom_form(file: BinaryIO) -> tuple[int, int, int, bool]:
    """Returns height, width, frames, and whether there are more than 8 bits, from the header.

    Raises UserError and what pydicom raises.
    """
    dataset = _read(file, stop_before_pixels=True)
    grey = str(dataset.get("PhotometricInterpretation", "")) in GREY
    return int(dataset.Rows), int(dataset.Columns), frames_of(dataset), grey


def frames_of(dataset: Any) -> int:
    """Returns how many pictures a file holds."""
    return max(1, int(dataset.get("NumberOfFrames") or 1))


@functools.cache
def _library() -> Any:
    """Returns pydicom, None where it is not installed."""
    if importlib.util.find_spec("pydicom") is None:
        return None

    import pydicom  # noqa: PLC0415 - an extra, and slow to load

    # Odd values of what is never looked at are no reason to warn of.
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    return pydicom


def _read(file: BinaryIO, stop_before_pixels: bool = False) -> Any:
    pydicom = _library()
    if pydicom is None:
        raise UserError(MISSING)

    dataset = pydicom.dcmread(file, stop_before_pixels=stop_before_pixels)
    if not dataset.get("Rows") or not dataset.get("Columns"):
        raise UserError("it is a DICOM file without a picture")

    height = int(dataset.Rows)
    width = int(dataset.Columns)
    require_size(width, height)
    require_fit(height * width * VALUE_BYTES)
    return dataset


def _frame(dataset: Any, number: int) -> np.ndarray:
    """Returns one picture of a file as it is to be seen."""
    from pydicom.pixels.processing import apply_color_lut  # noqa: PLC0415 - as above
    from pydicom.pixels.utils import pixel_array  # noqa: PLC0415 - as above

    if not {"PixelData", "FloatPixelData", "DoubleFloatPixelData"} & set(dataset.dir()):
        raise UserError("it is a DICOM file without a picture")

    try:
        stored = pixel_array(dataset, index=number)
    except (RuntimeError, NotImplementedError) as error:
        syntax = getattr(dataset.file_meta.TransferSyntaxUID, "name", "unknown")
        raise UserError(
            f"its pictures are compressed ({syntax}) in a way that is not read; save it "
            "uncompressed"
        ) from error

    photometric = str(dataset.get("PhotometricInterpretation", "MONOCHROME2"))
    if photometric == "PALETTE COLOR":
        stored = apply_color_lut(stored, dataset)
        return _colour(stored)
    if stored.ndim == 3:
        return _colour(stored)

    values, low, high = _values(stored, dataset)
    return high + low - values if photometric == "MONOCHROME1" else values


def _colour(stored: np.ndarray) -> np.ndarray:
    """Returns colours as bytes, (H, W, 3); pydicom has made RGB of them."""
    if stored.dtype == np.uint8:
        return stored

    return (stored >> (8 * (stored.dtype.itemsize - 1))).astype(np.uint8)


def _values(stored: np.ndarray, dataset: Any) -> tuple[np.ndarray, float, float]:
    """Returns the values of a grey picture, and the least and the largest that there can be."""
    from pydicom.pixels.processing import apply_modality_lut  # noqa: PLC0415 - as above

    centre = _first(dataset.get("WindowCenter"))
    width = _first(dataset.get("WindowWidth"))
    values = apply_modality_lut(stored, dataset)
    if centre is not None and width is not None and width >= 1:
        return _windowed(values, centre, width, dataset), 0.0, 1.0

    bits = int(dataset.get("BitsStored") or 16)
    signed = int(dataset.get("PixelRepresentation") or 0)
    least, most = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    slope = float(_first(dataset.get("RescaleSlope")) or 1)
    intercept = float(_first(dataset.get("RescaleIntercept")) or 0)
    if (slope, intercept) != (1, 0):
        ends = (least * slope + intercept, most * slope + intercept)
        return values, min(ends), max(ends)

    return (values.astype(np.float32) - least) / np.float32(most - least), 0.0, 1.0


def _windowed(values: np.ndarray, centre: float, width: float, dataset: Any) -> np.ndarray:
    """Returns values as shares of the window, 0 to 1, as the standard says (PS3.3 C.11.2.1.2)."""
    values = values.astype(np.float32)
    if str(dataset.get("VOILUTFunction", "LINEAR")) == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(-4 * (values - centre) / width)), np.float32)
    if str(dataset.get("VOILUTFunction", "LINEAR")) == "LINEAR_EXACT":
        return np.clip((values - centre) / width + 0.5, 0, 1)

    return np.clip((values - (centre - 0.5)) / max(width - 1, 1e-6) + 0.5, 0, 1)


def _first(value: Any) -> float | None:
    """Returns a number, of several alternatives the first; None where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, (str, float, int)):
        return float(value)

    return float(value[0]) if len(value) else None


def dicom_pages(file: BinaryIO) -> Iterator[int]:
    """Yields the numbers of the pictures in a file."""
    yield from range(min(read_dicom_form(file)[2], MOST_PAGES))
