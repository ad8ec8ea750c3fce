"""From labels in an array to classes, or to the targets of a task that their values suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.numbers import LARGEST
from app.engine.learning.tasks import TASKS, task
from app.engine.sources.format import unusable
from app.engine.sources.targets import (
    Targets,
    encode_classes,
    no_targets,
    regression_targets,
    tag_targets,
    targets_for_task,
)
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.learning.task import Task

CLASSES = "classification"
AMOUNTS = "regression"
TAGS = "multi-label"
"""The tasks that labels suggest."""

KINDS = "biufUS"
"""The kinds of NumPy's types that labels have: numbers and texts."""


def targets_from_array(
    path: Path,
    data: DataSettings,
    labels: np.ndarray,
    name: str,
    known_classes: Sequence[str],
) -> tuple[str, Targets]:
    """Returns the task, as requested or as labels (N, K) suggest, and its targets.

    name: of the array, for names of targets and for messages. known_classes: the names of the
    classes, where the file holds them. Raises UserError where the labels do not suit the task.
    """
    zeros_and_ones = _are_zeros_and_ones(labels)
    suggested = _suggested_task(labels)
    task_kind = data.task or suggested
    requested: Task = task(task_kind)
    if requested.targets == "none" and not requested.pairs:
        return task_kind, no_targets(len(labels))

    width = labels.shape[1]
    if requested.targets == "amounts":
        if labels.dtype.kind not in "iuf":
            raise unusable(
                path,
                f"holds texts in '{name}' where amounts are to be predicted",
                f"Choose '{TASKS[CLASSES].label}' as the task.",
            )

        names = [name]
        if width > 1:
            names = [f"{name} {number}" for number in range(1, width + 1)]
        if len(known_classes) == width:
            names = list(known_classes)

        return task_kind, regression_targets(labels, names)

    if requested.targets == "tags" and zeros_and_ones:
        names = [str(number) for number in range(width)]
        if len(known_classes) == width:
            names = list(known_classes)

        return task_kind, tag_targets(labels.astype(np.float32), tuple(names))

    if requested.targets in ("classes", "tags") and suggested == AMOUNTS:
        raise unusable(
            path,
            f"holds amounts in '{name}', not classes",
            f"Choose '{TASKS[AMOUNTS].label}' as the task.",
        )

    classes, numbers = encode_labels(labels_of(path, labels, name), known_classes)
    return task_kind, targets_for_task(requested, classes, numbers)


def missing_labels(labels: np.ndarray) -> dict[int, str]:
    """Returns the rows that have no label, and why, for labels (N, K) of any type.

    A number that is none, or too large for 32 bits, is no label, and neither is an empty text.
    """
    if labels.dtype.kind == "f":
        with np.errstate(over="ignore"):  # becomes infinite
            wide = labels.astype(np.float64)
        present = (np.abs(wide) <= LARGEST).all(axis=1)
        reason = "its label is no number"
    elif labels.dtype.kind in "US":
        present = (np.strings.str_len(np.strings.strip(labels)) > 0).all(axis=1)
        reason = "it has no label"
    else:
        return {}

    return dict.fromkeys(np.flatnonzero(~present).tolist(), reason)


def labels_of(path: Path, labels: np.ndarray, name: str) -> list[str]:
    """Returns labels (N, 1) or one-hot (N, K), numbers or texts, as the names of classes.

    labels: none of them missing. name: of the array. Raises UserError for fractions.
    """
    column = labels[:, 0] if labels.shape[1] == 1 else labels.argmax(axis=1)
    if column.dtype.kind == "S":
        return [text.decode("utf-8", "replace") for text in column.tolist()]

    if column.dtype.kind == "f":
        fractions = column[column != np.rint(column)]
        if len(fractions):
            raise unusable(
                path,
                f"holds {number_text(float(fractions[0]))} in '{name}'; a class is a whole number "
                "or a text",
                "Save the classes as whole numbers or texts.",
            )
        # Not by int64, which has no room for all of them.
        return [str(int(label)) for label in column.tolist()]

    return [str(label) for label in column.tolist()]


def encode_labels(
    labels: Sequence[str], known_classes: Sequence[str]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns the classes, and the number of each label: (N,) int64.

    known_classes: the names that the file has for the labels 0, 1, ...; without them, or where a
    label is none of their numbers, the classes are the labels.
    """
    numbers = {str(number): number for number in range(len(known_classes))}
    if known_classes and all(label in numbers for label in labels):
        return tuple(known_classes), np.array([numbers[label] for label in labels], np.int64)

    return encode_classes(labels)


def _are_zeros_and_ones(labels: np.ndarray) -> bool:
    """Returns whether labels (N, K) are tags or one-hot classes."""
    return (
        labels.dtype.kind in "iufb" and labels.shape[1] > 1 and bool(np.isin(labels, (0, 1)).all())
    )


def _suggested_task(labels: np.ndarray) -> str:
    """Returns the task that labels (N, K) suggest by their values."""
    if _are_zeros_and_ones(labels):
        one_hot = bool((labels.sum(axis=1) == 1).all())
        return CLASSES if one_hot else TAGS

    whole = labels.dtype.kind != "f" or bool((labels == np.rint(labels)).all())
    return CLASSES if whole and labels.shape[1] == 1 else AMOUNTS
