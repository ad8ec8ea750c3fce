"""Pictures as they lie in the source, beside what preparation makes of them, for a window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.pictures import UnreadablePicture
from app.engine.errors import UserError
from app.engine.sources import formats
from app.engine.sources.cache import Cache
from app.engine.sources.decoding.pages import with_each_page
from app.engine.sources.format import OpenOptions, no_check
from app.engine.sources.formats import built_in
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.samples import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.data_settings import DataSettings

BEFORE_SIDE = 256
"""Originals are handed out no larger than this, in pixels a side."""


@dataclass(frozen=True)
class BeforeAfter:
    """One picture before and after preparation, (C, H, W) uint8 each.

    size: (height, width) of the original.
    """

    before: np.ndarray
    after: np.ndarray
    size: tuple[int, int]
    name: str


def before_and_after(
    dataset: Dataset, data: DataSettings, rows: Sequence[int], check: Callable[[], None] = no_check
) -> list[BeforeAfter]:
    """Returns these pictures as they lie in the source and as these settings prepare them.

    What cannot be read again is left out. Settings that are left open are those of the dataset.
    """
    known = dataset.description.preparation
    assert isinstance(known, ImagePreparation), "for data of single pictures"

    channels = {"grey": 1, "colour": 3}.get(data.colour or "", known.channels)
    height = data.height or known.height
    width = data.width or known.width
    preparation = ImagePreparation(
        height,
        width,
        channels,
        data.fit,
        (0.0,) * channels,
        (1.0,) * channels,
        known.tones,
        pages=known.pages,
    )

    pairs = []
    for name, picture in _originals(dataset, data, rows, preparation, check):
        after = preparation.array(picture)
        size = (picture.height, picture.width)
        picture.thumbnail((BEFORE_SIDE, BEFORE_SIDE))
        pixels = np.asarray(picture)
        before = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        pairs.append(BeforeAfter(before, after, size, name))

    return pairs


def _originals(
    dataset: Dataset,
    data: DataSettings,
    rows: Sequence[int],
    preparation: ImagePreparation,
    check: Callable[[], None],
) -> list[tuple[str, Image.Image]]:
    """Returns names and decoded pictures, from their files or from the one file of all."""
    source = Path(data.source).expanduser()
    folder = source if source.is_dir() else source.parent
    originals: list[tuple[str, Image.Image]] = []

    missing = []
    for row in rows:
        check()
        name = dataset.names[row]
        try:
            originals.append((name, preparation.decoded(folder / name)))
        except (UnreadablePicture, OSError, ValueError):
            missing.append(row)

    if not missing or (originals and preparation.pages != "each"):
        return originals

    form = built_in.Pictures() if data.source.startswith(PREFIX) else formats.find(data.source)
    if not isinstance(form, PictureFormat):
        return []

    try:
        options = OpenOptions(Cache(), check=check)
        picture_list = form.scan_with(data.source, data, options).read()
        if preparation.pages == "each":
            picture_list = with_each_page(picture_list, check)
    except (UserError, OSError):
        return []

    positions = {name: index for index, name in enumerate(picture_list.names)}
    for name in (dataset.names[row] for row in missing):
        if name in positions:
            picture = picture_list.picture(positions[name], preparation)
            if isinstance(picture, Image.Image):  # of 8 bits, as it is asked for here
                originals.append((name, picture))

    return originals
