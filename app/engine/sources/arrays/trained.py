"""Later files of arrays: the arrays of the training are taken, by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.engine.data.dataset import Description
    from app.engine.experiment.data_settings import DataSettings

AUTOMATIC = re.compile(r"arr_\d+")
"""The names that NumPy gives to arrays without one."""


def with_trained_arrays(data: DataSettings, trained: Description | None) -> DataSettings:
    """Returns the settings with the arrays that a network was trained on.

    trained: None where one is to be trained; then the settings are as they are.
    """
    if trained is None:
        return data

    reading = trained.reading
    return data.replace(
        inputs=reading.input_array or None, target=list(reading.target_arrays) or None
    )


def are_unnamed(keys: Iterable[str]) -> bool:
    """Returns whether nobody has named the arrays of a file."""
    return all(AUTOMATIC.fullmatch(key) for key in keys)
