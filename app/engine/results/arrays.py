"""Arrays of examples as Predictor.read takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.names import readable
from app.engine.data.pictures import later_tones_of, pixels_of, scaled_pixels
from app.engine.errors import UserError
from app.engine.sources.arrays.pictures import pixels_last

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from app.engine.data.dataset import Description
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
