"""Reads the labels of arrays whose roles are known, and keeps which arrays they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.reading import Reading
from app.engine.sources.arrays.headers import NAME_WORDS, ArrayHeader
from app.engine.sources.arrays.labels import (
    ArrayLabels,
    array_labels,
    labels_of,
    missing_labels,
    unclear_labels,
)
from app.engine.sources.format import unusable
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.arrays.roles import ArrayRoles

REMEDY = "Save the labels of all splits in the same form."


def read_labels(
    path: Path, roles: ArrayRoles, known_classes: Sequence[str], data: DataSettings
) -> tuple[ArrayLabels, list[dict[int, str]]]:
    """Returns the labels of all splits, one split behind another, (N, K) with every row.

    Beside them, for each split, its rows that cannot be used for their labels, and why. Raises
    UserError where the splits have labels of different sorts.
    """
    by_split = [
        array_labels(
            [(header.name, header.read()) for header in pair.labels], roles.column, known_classes
        )
        for pair in roles.pairs
    ]
    labels = _joined(path, roles, by_split)
    missing = missing_labels(labels.values)
    present = np.setdiff1d(np.arange(len(labels)), list(missing))
    unclear = unclear_labels(labels.take(present), data)
    reasons = {**missing, **{int(present[row]): reason for row, reason in unclear.items()}}

    first = 0
    by_place = []
    for own in by_split:
        places = range(first, first + len(own))
        by_place.append({row - first: why for row, why in reasons.items() if row in places})
        first += len(own)

    return labels, by_place


def _joined(path: Path, roles: ArrayRoles, labels: Sequence[ArrayLabels]) -> ArrayLabels:
    first = labels[0]
    sorts = {(item.values.dtype.kind in "US", item.values.shape[1]) for item in labels}
    if len(sorts) > 1:
        keys = [header.key for pair in roles.pairs for header in pair.labels]
        raise unusable(path, f"holds labels of different sorts in {names_text(keys)}", REMEDY)

    values = [item.values for item in labels]
    return ArrayLabels(
        np.concatenate(values) if len(values) > 1 else values[0],
        first.name,
        first.columns,
        first.points,
        first.known_classes,
    )


def class_names(path: Path, headers: Sequence[ArrayHeader]) -> tuple[str, ...]:
    """Returns the names of the classes, in order, where the file holds them; else none."""
    for header in headers:
        if header.role in NAME_WORDS and len(header.shape) == 1 and header.dtype.kind in "US":
            names = header.read()[:, None]
            texts = labels_of(path, names, header.key)
            if len(set(texts)) == len(texts) and not missing_labels(names):
                return tuple(texts)

    return ()


def reading_of(
    roles: ArrayRoles, known_classes: Sequence[str], channels_last: bool = False
) -> Reading:
    """Returns which arrays were read, which those of later files are found by."""
    targets = roles.target.names
    if roles.column is not None:
        targets = (f"{targets[0]} {roles.column + 1}",)

    return Reading(
        input_array=roles.inputs.names[0],
        target_arrays=targets,
        channels_last=channels_last,
        label_names=tuple(known_classes),
    )


def chosen_settings(data: DataSettings, reading: Reading) -> dict[str, str | list[str]]:
    """Returns the settings of [data] that were left open, and the arrays that were taken."""
    chosen: dict[str, str | list[str]] = {}
    targets = list(reading.target_arrays)
    if data.target is None and targets:
        chosen["target"] = targets[0] if len(targets) == 1 else targets
    if data.inputs is None and reading.input_array:
        chosen["inputs"] = reading.input_array

    return chosen
