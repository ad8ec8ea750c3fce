"""Later files of arrays: those of the training are taken, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.sources.arrays.files import open_source
from app.engine.sources.arrays.headers import (
    LABEL_WORDS,
    NUMBERS,
    SETTING,
    ArrayHeader,
    are_unnamed,
    plain,
)
from app.engine.sources.arrays.roles import find_array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Preparation
    from app.engine.data.reading import Reading
    from app.engine.experiment.data_settings import DataSettings

REMEDY = "Give the arrays the names that they had in training."


def with_trained_arrays(
    source: str, data: DataSettings, trained: Description | None
) -> DataSettings:
    """Returns the settings with the arrays of an NPZ file that a network was trained on.

    trained: None where one is to be trained; then the settings are as they are. Where nobody has
    named the arrays, here or in training, they are found out anew. Raises UserError where one is
    not there, and OSError.
    """
    if trained is None:
        return data

    with open_source(source) as (files, headers):
        pass

    reading = trained.reading
    targets = list(reading.target_arrays)
    free = data.replace(inputs=None, target=None)
    if files.several:  # they are called like their files, which a person has named
        usual = all(plain(name) in LABEL_WORDS for name in targets)
        return free if usual else free.replace(target=targets)
    if are_unnamed([reading.input_array]) or are_unnamed([header.key for header in headers]):
        return free
    if not reading.input_array:
        return free

    find_array(files.path, reading.input_array, headers, headers, SETTING, REMEDY)
    return data.replace(inputs=reading.input_array, target=targets or None)


def trained_examples(
    path: Path,
    headers: Sequence[ArrayHeader],
    reading: Reading,
    fits: Callable[[ArrayHeader], bool],
) -> list[ArrayHeader]:
    """Returns the arrays of a later file with the examples, those of all its splits.

    fits: whether an array may hold such examples. [] where none does. Raises UserError where the
    file has named arrays and none is that of the training.
    """
    fitting = [header for header in headers if fits(header) and 0 not in header.shape]
    alone = len(headers) == 1 and path.suffix.lower() == ".npy"
    unnamed = alone or are_unnamed([header.key for header in headers])
    if unnamed or not reading.input_array or are_unnamed([reading.input_array]):
        return fitting[:1]

    first = find_array(path, reading.input_array, fitting, headers, "", REMEDY)
    return [header for header in fitting if header.name == first.name]


def is_other_form(header: ArrayHeader, preparation: Preparation, alone: bool) -> bool:
    """Returns whether an array holds examples in a form that does not say how many they are.

    Flat pictures, a row each; or one picture or signal, where it is all that a file holds.
    """
    if header.dtype.kind not in NUMBERS or 0 in header.shape:
        return False
    if isinstance(preparation, ImagePreparation) and len(header.shape) == 2:
        return _is_flat(header.shape, preparation) or (alone and min(header.shape) > 1)

    return alone and preparation.kind == "signal" and len(header.shape) == 1


def in_rows(array: np.ndarray, preparation: Preparation, alone: bool) -> np.ndarray:
    """Returns examples with an axis that counts them, which an array of only one may lack."""
    if isinstance(preparation, ImagePreparation):
        one_grey = array.ndim == 2 and not _is_flat(array.shape, preparation)
        one_coloured = alone and array.ndim == 3 and array.shape[2] in (3, 4)
        return array[None] if one_grey or one_coloured else array

    return array[None] if array.ndim == 1 else array


def _is_flat(shape: tuple[int, ...], preparation: ImagePreparation) -> bool:
    """Returns whether (N, D) has the pixels of a picture in each row, of the size in training."""
    return preparation.height == preparation.width and shape[1] == preparation.height**2
