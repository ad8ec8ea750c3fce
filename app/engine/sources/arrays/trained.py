"""Later files of arrays: those of the training are taken, by their names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.array_file import open_arrays
from app.engine.sources.arrays.headers import SETTING, ArrayHeader, read_headers
from app.engine.sources.arrays.roles import find_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.engine.data.dataset import Description
    from app.engine.data.reading import Reading
    from app.engine.experiment.data_settings import DataSettings

AUTOMATIC = re.compile(r"arr_\d+")
"""The names that NumPy gives to arrays without one."""

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

    with open_arrays(Path(source), SETTING) as file:
        headers = read_headers(file)

    reading = trained.reading
    free = data.replace(inputs=None, target=None)
    if _is_unnamed([reading.input_array]) or _is_unnamed([header.key for header in headers]):
        return free
    if not reading.input_array:
        return free

    find_array(Path(source), reading.input_array, headers, headers, SETTING, REMEDY)
    return data.replace(inputs=reading.input_array, target=list(reading.target_arrays) or None)


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
    unnamed = alone or _is_unnamed([header.key for header in headers])
    if unnamed or not reading.input_array or _is_unnamed([reading.input_array]):
        return fitting[:1]

    first = find_array(path, reading.input_array, fitting, headers, "", REMEDY)
    return [header for header in fitting if header.name == first.name]


def _is_unnamed(keys: Iterable[str]) -> bool:
    """Returns whether nobody has named these arrays."""
    return all(AUTOMATIC.fullmatch(key) for key in keys)
