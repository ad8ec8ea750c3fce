"""Arrays of examples: those of a file that a network reads, as Predictor.read takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image

from app.engine.data.array_file import ArrayFile, open_arrays
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.names import readable
from app.engine.data.pictures import later_tones_of, pixels_of, scaled_pixels
from app.engine.errors import UserError
from app.engine.free_memory import require_memory
from app.engine.sources.arrays.headers import NUMBERS, ArrayHeader, header_of, read_headers
from app.engine.sources.arrays.pictures import pixels_last
from app.engine.sources.arrays.trained import in_rows, is_other_form, trained_examples
from app.engine.sources.picture_list import ROW_BYTES
from app.engine.text import list_text

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from app.engine.data.dataset import Description
    from app.engine.data.reading import Reading
    from app.engine.data.tones import Tones

USUAL_RANGES = ((0, 255), (0, 1), (-1, 1))
"""Ranges in which bytes are often kept."""


def raws_of_array(
    path: Path, array: np.ndarray, trained: Description
) -> tuple[list[Any], list[str]]:
    """Returns the examples of an array (N, ...) as Predictor.read takes them, and remarks."""
    preparation = trained.preparation
    if not isinstance(preparation, ImagePreparation):
        last = trained.reading.channels_last and array.ndim == 3
        return list(array.transpose(0, 2, 1) if last else array), [""] * len(array)

    _refuse_channels(path, array)
    tones = preparation.tones
    own = ""
    if tones is None:
        tones = later_tones_of(array)
        if tones is not None and (tones.low, tones.high) not in USUAL_RANGES:
            own = f"The values {tones.words} are read as black to white; training had bytes."

    pictures = pixels_last(array)
    cut = [tones.cut_text(tones.cut(each), each.size) if tones else "" for each in pictures]
    remarks = [f"{own} {text}".strip() for text in cut]
    return [_picture(values, tones, preparation) for values in pictures], remarks


def _picture(values: np.ndarray, tones: Tones | None, preparation: ImagePreparation) -> Any:
    """Returns a picture of an array as its preparation takes it."""
    if preparation.depth == 8:
        return Image.fromarray(pixels_of(values, tones))

    scaled = scaled_pixels(values, tones)
    return Image.fromarray(scaled) if scaled.ndim == 2 else scaled


def _refuse_channels(path: Path, array: np.ndarray) -> None:
    if array.ndim == 4 and not {array.shape[1], array.shape[3]} & {1, 3, 4}:
        raise UserError(
            f"The pictures in '{readable(path.name)}' have {array.shape[3]:,} channels, not 1, 3 "
            "or 4.",
            "Save them so.",
        )


def shapes_text(path: Path) -> str:
    """Returns what a file holds in place of examples, for a sentence."""
    with open_arrays(path) as file:
        found = [
            f"'{header.key}' is {' × '.join(f'{side:,}' for side in header.shape) or 'one value'}"
            for header in file.headers()
        ]

    return f"; {list_text(found)}" if found else ""


def trained_arrays(
    path: Path, trained: Description, sizes: tuple[int, int]
) -> list[tuple[str, np.ndarray]]:
    """Returns the arrays with the examples, and of several the name of each with a blank.

    sizes: how many dimensions they have. Raises UserError where the file is damaged or larger than
    the memory, or has no array of the name of the training, and OSError.
    """
    reading, preparation = trained.reading, trained.preparation
    with open_arrays(path) as file:
        headers = _headers_until_found(file, reading, sizes)
        alone = len(headers) == 1

        def fits(header: ArrayHeader) -> bool:
            return _fits(header, sizes) or is_other_form(header, preparation, alone)

        found = trained_examples(path, headers, reading, fits)
        needed = sum(header.stored.size + header.shape[0] * ROW_BYTES for header in found)
        if needed:
            require_memory(needed, path, "numbers")

        several = len(found) > 1
        return [
            (f"{header.key} " if several else "", in_rows(header.read(), preparation, alone))
            for header in found
        ]


def _headers_until_found(
    file: ArrayFile, reading: Reading, sizes: tuple[int, int]
) -> list[ArrayHeader]:
    """Returns the headers of a file, where no name is asked for only those up to the array."""
    if reading.input_array:
        return read_headers(file)

    headers = []
    for stored in file.headers():
        headers.append(header_of(stored, stored.key, file))
        if _fits(headers[-1], sizes):
            break

    return headers


def _fits(header: ArrayHeader, sizes: tuple[int, int]) -> bool:
    return len(header.shape) in sizes and 0 not in header.shape and header.dtype.kind in NUMBERS
